// A browser without a network, and pages in it that must not complain.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Session {
  readonly browser: Browser;
  readonly #folder = mkdtempSync(join(tmpdir(), 'perfmodel-page-'));
  #pages = 0;

  private constructor(browser: Browser) {
    this.browser = browser;
  }
  static async start(): Promise<Session> {
    return new Session(
      await chromium.launch({ executablePath: PROGRAM, headless: true, args: FLAGS }),
    );
  }
  async end(): Promise<void> {
    await this.browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Opens a page as a file and waits until all is drawn. */
  async open(html: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const file = join(this.#folder, `${++this.#pages}.html`);
    writeFileSync(file, html);
    const context = await this.browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    const address = pathToFileURL(file).href;
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error.stack)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = request.url();
      if (url !== address && !/^(data|blob):/.test(url)) complaints.push(`request: ${url}`);
    });
    await page.goto(address);
    await allDrawn(page);
    return { page, complaints, close: () => context.close() };
  }
}

/** A page, and what it complained about: messages, errors, requests to anywhere. */
export interface Visit {
  page: Page;
  complaints: string[];
  close(): Promise<void>;
}

export async function allDrawn(page: Page): Promise<void> {
  await page.waitForFunction(() => document.documentElement.dataset.drawn === 'all');
}

/** Keeps a picture for the eye where PERFMODEL_SCREENSHOTS names a folder; nothing compares it. */
export async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env.PERFMODEL_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** The bytes that a click downloads. */
export async function downloaded(page: Page, click: () => Promise<void>) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const stream = await download.createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}
