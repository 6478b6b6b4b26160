// Colours and marks. Hues after Okabe and Ito's set for colour-blind readers, set darker on white and
// lighter on black so that each has a contrast of 3:1; a shape goes with each. The program's own
// pictures (report/document.hpp) have the same hues in the same order.

export interface Theme {
  name: 'light' | 'dark';
  /** What charts lie on: --raised of style/base.css. */
  surface: string;
  ink: string;
  quiet: string;
  rule: string;
  grid: string;
  systems: readonly string[];
  parts: readonly string[];
  low: string;
  high: string;
}

export const LIGHT: Theme = {
  name: 'light',
  surface: '#ffffff',
  ink: '#1b1f24',
  quiet: '#59636e',
  rule: '#8b949e',
  grid: '#e3e6ea',
  systems: [
    '#0072b2',
    '#d55e00',
    '#008060',
    '#b0568f',
    '#3d9bd6',
    '#a87500',
    '#5e3c99',
    '#757575',
    '#8c3b3b',
    '#1b4f72',
    '#4f8a10',
    '#222222',
  ],
  parts: ['#1f5f8b', '#e0a030', '#5fa8a0', '#b8583f', '#8c7fb5', '#a3b86c', '#7a8088', '#d79ab8'],
  low: '#0072b2',
  high: '#d55e00',
};

export const DARK: Theme = {
  name: 'dark',
  surface: '#1b2026',
  ink: '#e6e9ed',
  quiet: '#9da7b1',
  rule: '#6e7781',
  grid: '#2a3037',
  systems: [
    '#4a9fe0',
    '#ff8a4c',
    '#2cc49a',
    '#e39cc5',
    '#9cd9ff',
    '#e8b13a',
    '#b39ddb',
    '#a8a8a8',
    '#d98a8a',
    '#7fa8d0',
    '#a5d65a',
    '#e8e8e8',
  ],
  parts: ['#5b9fd0', '#e8b75a', '#7fc9c0', '#d98068', '#b0a4dc', '#bcd087', '#a0a8b0', '#e6b3cc'],
  low: '#4a9fe0',
  high: '#ff8a4c',
};

/** Outlines of the marks in a box of 10 by 10. */
export const SHAPES: readonly string[] = [
  'M10 5A5 5 0 1 1 0 5A5 5 0 1 1 10 5Z',
  'M0.7 0.7H9.3V9.3H0.7Z',
  'M5 0L10 9.2H0Z',
  'M5 -0.6L10.6 5L5 10.6L-0.6 5Z',
  'M5 10L0 0.8H10Z',
  'M3.4 0H6.6V3.4H10V6.6H6.6V10H3.4V6.6H0V3.4H3.4Z',
  'M5 0L9.8 3.5L8 9H2L0.2 3.5Z',
  'M1.5 0L5 3.5L8.5 0L10 1.5L6.5 5L10 8.5L8.5 10L5 6.5L1.5 10L0 8.5L3.5 5L0 1.5Z',
];

/** The shape of a colour's index: where the colours begin anew, the shapes begin elsewhere. */
export function shapeOf(index: number): string {
  return pick(SHAPES, index + 3 * Math.floor(index / LIGHT.systems.length));
}

export function pick<T>(values: readonly T[], index: number): T {
  return values[((index % values.length) + values.length) % values.length] as T;
}
