// Checks the rule of direction, and fails when it looked at nothing: a check that saw 0 modules proves nothing.
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { createRequire } from 'node:module';

const config = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const { output, exitCode } = await cruise(
  ['src', 'test', 'bench'],
  {
    ...config.options,
    ruleSet: { forbidden: config.forbidden },
    validate: true,
    outputType: 'err',
  },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
console.log(output);
const { output: seen } = await cruise(['src'], config.options, undefined, {
  tsConfig: extractTSConfig('tsconfig.json'),
});
const modules = seen.modules.filter(({ source }) => source.startsWith('src/')).length;
console.log(`layering: ${modules} modules of src seen`);
process.exit(exitCode !== 0 || modules === 0 ? 1 : 0);
