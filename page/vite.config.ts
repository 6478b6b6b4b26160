import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** Puts the script and the style sheet of the build into the HTML file, which then stands alone. */
function singleFile(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      const html = Object.values(bundle).find((file) => file.fileName.endsWith('.html'));
      if (html?.type !== 'asset') throw new Error('the build has no HTML file');
      let text = String(html.source);
      for (const [name, file] of Object.entries(bundle)) {
        if (file === html) continue;
        const reference = new RegExp(
          `<(script|link)[^>]*(src|href)="[^"]*${file.fileName}"[^>]*>(</script>)?`,
        );
        if (!reference.test(text)) throw new Error(`the HTML file does not use ${file.fileName}`);
        // A text that ends the element must not occur within it.
        const element =
          file.type === 'chunk'
            ? `<script type="module">${file.code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')}</script>`
            : `<style>${String(file.source)}</style>`;
        text = text.replace(reference, () => element);
        Reflect.deleteProperty(bundle, name);
      }
      html.source = text;
    },
  };
}

/** `npm run dev` shows the document that PERFMODEL_DOCUMENT names. */
function documentOfDev(): Plugin {
  return {
    name: 'document-of-dev',
    apply: 'serve',
    transformIndexHtml(html) {
      const file = process.env.PERFMODEL_DOCUMENT ?? 'tests/fixtures/example.json';
      const json = readFileSync(file, 'utf8').replaceAll('<', '\\u003c');
      return html.replace('id="report-document">{}', () => `id="report-document">${json}`);
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [singleFile(), documentOfDev()],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
