import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A page of the console that takes note of what must not happen. */
export class ConsolePage {
  readonly page: Page;
  readonly #origin: string;
  readonly #problems: string[] = [];

  /** Opens a page; `path` is what follows `#/`. */
  static async open(
    browser: Browser,
    origin: string,
    { path = 'topics', ...options }: BrowserContextOptions & { path?: string } = {},
  ): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: WIDE, ...options });
    const opened = new ConsolePage(await context.newPage(), origin);
    await opened.goTo(path);
    return opened;
  }

  private constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
    page.setDefaultTimeout(15_000);
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) this.#problems.push(message.text());
    });
    page.on('pageerror', error => this.#problems.push(String(error)));
    page.on('dialog', dialog => {
      this.#problems.push(`a dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', request => {
      if (new URL(request.url()).origin !== origin) this.#problems.push(`asked ${request.url()}`);
    });
  }

  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.#origin}/#/${path}`);
    const [section = '', name, tab] = path.split('/');
    const current = name !== undefined && tab !== undefined ? path : section;
    await this.page.locator(`[aria-current=page][href="#/${current}"]`).waitFor();
    await this.page.locator('main h1').waitFor();
  }

  /** How far the page can be scrolled sideways. */
  overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - innerWidth');
  }

  /** Of something in the page, as the browser has worked it out. */
  color(selector: string, property = 'background-color'): Promise<string> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    return this.page.evaluate(`getComputedStyle(${element}).getPropertyValue('${property}')`);
  }

  /** No error in the console of the browser, no request to another host, no dialog that nobody asked for. */
  expectNoProblems(): void {
    expect(this.#problems).toEqual([]);
  }

  /** Those that a test provokes, and no others. */
  expectProblems(expected: readonly RegExp[]): void {
    expect(this.#problems).toEqual(expected.map(one => expect.stringMatching(one) as string));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
