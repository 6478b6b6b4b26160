// What a kind of chart makes of its data: options for ECharts, and what the page shows around them.

import type { EChartsCoreOption } from 'echarts/core';
import type { Axis, Maybe, Scale } from '../document.ts';
import { named, tick } from '../format.ts';
import type { Theme } from '../theme.ts';
import type { Ticks } from './scale.ts';

/** The state that a drawing depends on. */
export interface View {
  width: number;
  theme: Theme;
  /** Index of a system's colour and shape. */
  color(system: string): number;
  shows(system: Maybe<string>): boolean;
  /** Series that the reader switched off in this chart, by name. */
  hidden: ReadonlySet<string>;
  x: Scale;
  y: Scale;
}

/** What a mark says when pointed at, or when reached by the arrow keys. */
export interface Detail {
  title: string;
  /** A text of the document, lines and all. */
  text?: Maybe<string>;
  rows: [name: string, value: string][];
}

export interface LegendEntry {
  name: string;
  color: string;
  /** Index of a shape (theme.ts), or what is drawn instead. */
  shape: number | 'line' | 'block';
  line: boolean;
  dash: boolean;
  /** Whether it can be switched off in the chart. */
  toggles: boolean;
}

export interface Drawing {
  option: EChartsCoreOption;
  height: number;
  /** By index of series, then of item; what is not there has nothing to say. */
  details: Map<number, Detail[]>;
  legend: LegendEntry[];
  /** Marks that stand for numbers. */
  marks: number;
}

/** Quoted with apostrophes: the text stands in attributes of an SVG file. */
export const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif";
export const FONT_SIZE = 12;
export const NARROW = 560;

let pen: CanvasRenderingContext2D | null | undefined;

export function textWidth(text: string, size = FONT_SIZE): number {
  pen ??= document.createElement('canvas').getContext('2d');
  if (!pen) return text.length * size * 0.6;
  pen.font = `${size}px ${FONT}`;
  return pen.measureText(text).width;
}

export function widest(texts: string[]): number {
  return texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);
}

/** The text cut to a width, with an ellipsis. */
export function fitted(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let end = text.length;
  while (end > 1 && textWidth(`${text.slice(0, end)}…`) > width) --end;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** The text in at most `most` lines of a width. */
export function wrapped(text: string, width: number, most: number): string {
  const lines: string[] = [];
  let rest = text.split(' ');
  while (rest.length > 0 && lines.length < most) {
    if (lines.length === most - 1) {
      lines.push(fitted(rest.join(' '), width));
      break;
    }
    let n = 1;
    while (n < rest.length && textWidth(rest.slice(0, n + 1).join(' ')) <= width) ++n;
    lines.push(fitted(rest.slice(0, n).join(' '), width));
    rest = rest.slice(n);
  }
  return lines.join('\n');
}

/** Options of a numeric axis. */
export function numericAxis(axis: Axis, scale: Scale, ticks: Ticks, theme: Theme) {
  return {
    type: scale === 'log' ? 'log' : 'value',
    min: ticks.min,
    max: ticks.max,
    name: named(axis.label, axis.unit),
    nameMoveOverlap: false,
    nameTextStyle: { color: theme.quiet, fontSize: FONT_SIZE },
    axisLine: { show: true, onZero: false, lineStyle: { color: theme.rule } },
    axisTick: { show: true, customValues: ticks.ticks, lineStyle: { color: theme.rule } },
    axisLabel: {
      customValues: ticks.ticks,
      formatter: tick,
      color: theme.quiet,
      fontSize: FONT_SIZE,
      showMinLabel: true,
      showMaxLabel: true,
      hideOverlap: true,
    },
    splitLine: { show: true, customValues: ticks.ticks, lineStyle: { color: theme.grid } },
    minorTick: { show: false },
  };
}

/** Options that all charts share. */
export function frame(theme: Theme): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONT, color: theme.ink },
  };
}

/** Numbers of a list that exist. */
export function finite(values: Iterable<Maybe<number>>): number[] {
  return [...values].filter((v): v is number => typeof v === 'number' && Number.isFinite(v));
}

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(color: string): string {
  const channel = (at: number) => (Number.parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2;
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.3 ? '#111418' : '#ffffff';
}
