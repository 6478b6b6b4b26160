// What the reader has switched: systems and colours. Everything that draws listens here.

import { DARK, LIGHT, type Theme } from './theme.ts';

export type Appearance = 'system' | 'light' | 'dark';

const STORED = 'perfmodel-report-appearance';

// A page opened as a file may have no storage; it then forgets the choice and works all the same.
function stored(): Appearance {
  try {
    const value = localStorage.getItem(STORED);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}
function remember(value: Appearance): void {
  try {
    if (value === 'system') localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, value);
  } catch {
    // see above
  }
}

export class Store {
  readonly off = new Set<string>();
  appearance: Appearance = stored();
  printing = false;
  readonly #prefersDark = matchMedia('(prefers-color-scheme: dark)');
  readonly #listeners = new Set<() => void>();

  constructor() {
    this.#prefersDark.addEventListener('change', () => this.#changed());
    this.#paint();
  }

  get theme(): Theme {
    if (this.printing) return LIGHT;
    if (this.appearance === 'system') return this.#prefersDark.matches ? DARK : LIGHT;
    return this.appearance === 'dark' ? DARK : LIGHT;
  }

  setAppearance(value: Appearance): void {
    this.appearance = value;
    remember(value);
    this.#changed();
  }

  setPrinting(value: boolean): void {
    this.printing = value;
    this.#changed();
  }

  setSystems(ids: Iterable<string>, on: boolean): void {
    for (const id of ids) {
      if (on) this.off.delete(id);
      else this.off.add(id);
    }
    this.#changed();
  }

  shows(system: string | null | undefined): boolean {
    return !system || !this.off.has(system);
  }

  listen(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #paint(): void {
    document.documentElement.dataset.theme = this.theme.name;
  }
  #changed(): void {
    this.#paint();
    for (const listener of this.#listeners) listener();
  }
}
