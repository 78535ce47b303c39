import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // `npx vite console` serves the sources, over a broker that runs beside it.
  server: {
    proxy: {
      '^/(v1|v3|topics)(/|\\?|$)': process.env.HEXLOG_HTTP ?? 'http://127.0.0.1:8080',
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The Content-Security-Policy lets nothing in that is not a file of this server.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the licences of the packages in it ask for.
    license: { fileName: 'licenses.md' },
  },
});
