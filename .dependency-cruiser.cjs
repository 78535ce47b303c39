/** The rule of direction: domain/model <- ports <- domain/use-cases <- adapters <- main. */
const from = (path, pathNot) => (pathNot ? { path, pathNot } : { path });
module.exports = {
  forbidden: [
    {
      name: 'model-imports-model-only',
      comment:
        'Entities and state machines are pure: what they import from elsewhere would have to be mocked in their tests.',
      severity: 'error',
      from: from('^src/domain/model/'),
      to: { pathNot: '^src/domain/model/' },
    },
    {
      name: 'ports-import-model-only',
      comment:
        'A port is what the domain needs, said in the words of the domain: think hard before it knows anything else.',
      severity: 'error',
      from: from('^src/ports/'),
      to: { pathNot: '^src/(ports|domain/model)/' },
    },
    {
      name: 'use-cases-import-domain-and-ports',
      comment:
        'A use case that knows an adapter can no longer be run on another one, nor in virtual time.',
      severity: 'error',
      from: from('^src/domain/use-cases/'),
      to: { pathNot: '^src/(domain|ports)/' },
    },
    {
      name: 'adapters-do-not-import-main',
      comment: 'main wires adapters; an adapter that reaches for the wiring cannot be swapped.',
      severity: 'error',
      from: from('^src/adapters/'),
      to: { path: '^src/main/' },
    },
    {
      name: 'no-adapter-imports-another',
      comment:
        'Adapters meet in the domain only, so that each can be removed alone. What stores have in common is no adapter: ' +
        'storage/shared for all of them, storage/embedded for those over a database.',
      severity: 'error',
      from: from('^src/adapters/([^/]+/[^/]+)/'),
      to: { path: '^src/adapters/', pathNot: '^src/adapters/($1|storage/(embedded|shared))/' },
    },
    {
      name: 'container-stays-in-main',
      comment:
        'Only the wiring knows the container; everything else takes what it needs in its constructor.',
      severity: 'error',
      from: from('^(src|bench|test)/', '^src/main/'),
      to: { path: '(inversify|reflect-metadata)' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unlisted-packages',
      comment: 'What is imported is declared; what ships does not lean on development tools.',
      severity: 'error',
      from: from('^src/'),
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports is not used: remove it.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/main/(index|cli/hexlog)\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js'],
    },
  },
};
