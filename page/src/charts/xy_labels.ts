// Texts in a chart of points and lines: names at the ends of lines, and of points where there are few.

import type { CustomSeriesOption } from 'echarts/charts';
import { FONT_SIZE, textWidth } from './drawing.ts';

type Shape = ReturnType<NonNullable<CustomSeriesOption['renderItem']>>;
type Params = Parameters<NonNullable<CustomSeriesOption['renderItem']>>[0];

const LINE = 15;
const SMALL = 11;
const HALF = SMALL / 2 + 1;
const MOST_POINTS = 40;
const LONGEST = 24; // characters

export interface EndLabel {
  x: number;
  y: number;
  text: string;
  color: string;
}
export interface LabelledPoint {
  x: number;
  y: number;
  radius: number;
  label: string;
}
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const boxOf = (params: Params) => params.coordSys as unknown as Box;

/** A series that draws texts and no numbers. */
function texts(
  name: string,
  anchor: { x: number; y: number },
  renderItem: NonNullable<CustomSeriesOption['renderItem']>,
): CustomSeriesOption {
  return {
    type: 'custom',
    name,
    silent: true,
    clip: false,
    z: 6,
    tooltip: { show: false },
    data: [[anchor.x, anchor.y]],
    renderItem,
  };
}

interface Place {
  left: number;
  right: number;
  middle: number;
}

/** Moves texts that lie over each other apart, down first and up again where the plot ends. */
function apart(places: Place[], top: number, bottom: number): void {
  const order = [...places].sort((a, b) => a.middle - b.middle);
  const settle = (list: Place[], sign: number, edge: number) => {
    list.forEach((place, i) => {
      const others = list.slice(0, i).filter((o) => o.left < place.right && place.left < o.right);
      const least = Math.max(sign * edge, ...others.map((o) => sign * o.middle + LINE));
      place.middle = sign * Math.max(sign * place.middle, least);
    });
  };
  settle(order, 1, top);
  settle(order.reverse(), -1, bottom);
}

/** Names at the right ends of lines, moved apart: beside the plot, or `inside` over the lines. */
export function endLabels(
  labels: EndLabel[],
  inside: boolean,
  surface: string,
): CustomSeriesOption | undefined {
  const [first] = labels;
  if (!first) return undefined;
  return texts('labels', first, (params, api): Shape => {
    const box = boxOf(params);
    const shift = inside ? -LINE / 2 - 2 : 0;
    const places = labels.map((label): Place => {
      const [x, y] = api.coord([label.x, label.y]) as [number, number];
      const width = textWidth(label.text);
      const left = inside ? box.x + box.width - 4 - width : x + 8;
      return { left, right: left + width, middle: y + shift };
    });
    apart(places, box.y + LINE / 2, box.y + box.height - LINE / 2);
    return {
      type: 'group',
      children: labels.map((label, i) => ({
        type: 'text',
        style: {
          text: label.text,
          x: places[i]?.left ?? 0,
          y: places[i]?.middle ?? 0,
          fill: label.color,
          stroke: surface, // keeps a line that passes under the text from striking it through
          lineWidth: 3,
          align: 'left',
          verticalAlign: 'middle',
          fontSize: FONT_SIZE,
        },
      })),
    } as Shape;
  });
}

type Rectangle = [left: number, top: number, right: number, bottom: number];

function overlaps([a, b, c, d]: Rectangle, [e, f, g, h]: Rectangle): boolean {
  return a < g && e < c && b < h && f < d;
}

/**
 * A point's own short name, its label up to the first break, in charts with few points. One that
 * finds no free place beside its mark is left out: the table and the pointer have it.
 */
export function pointLabels(
  points: LabelledPoint[],
  color: string,
  surface: string,
): CustomSeriesOption | undefined {
  const named = points.map((p) => p.label.split(/[\n,:;(]/, 1)[0]?.trim() ?? '');
  const [first] = points;
  if (!first || points.length > MOST_POINTS) return undefined;
  if (named.every((text) => text === '' || text.length > LONGEST)) return undefined;
  return texts('point labels', first, (params, api): Shape => {
    const box = boxOf(params);
    const places = points.map((p) => api.coord([p.x, p.y]) as [number, number]);
    const taken = points.map(({ radius }, i): Rectangle => {
      const [x, y] = places[i] ?? [0, 0];
      return [x - radius, y - radius, x + radius, y + radius];
    });
    const children = points.flatMap(({ radius }, i) => {
      const [px, py] = places[i] ?? [0, 0];
      const text = named[i] ?? '';
      if (text === '' || text.length > LONGEST) return [];
      const width = textWidth(text, SMALL);
      const gap = radius + 4;
      const candidates: [x: number, y: number][] = [
        [px + gap, py],
        [px - gap - width, py],
        [px - width / 2, py - gap - HALF + 2],
        [px - width / 2, py + gap + HALF - 2],
        [px + gap, py - HALF * 2],
        [px + gap, py + HALF * 2],
        [px - gap - width, py - HALF * 2],
        [px - gap - width, py + HALF * 2],
      ];
      for (const [x, y] of candidates) {
        const place: Rectangle = [x, y - HALF, x + width, y + HALF];
        if (x < box.x || x + width > box.x + box.width) continue;
        if (y - HALF < box.y || y + HALF > box.y + box.height) continue;
        if (taken.some((other, j) => j !== i && overlaps(place, other))) continue;
        taken.push(place);
        return [
          {
            type: 'text',
            style: {
              text,
              x,
              y,
              fill: color,
              stroke: surface,
              lineWidth: 2,
              verticalAlign: 'middle',
              fontSize: SMALL,
            },
          },
        ];
      }
      return [];
    });
    return { type: 'group', children } as Shape;
  });
}
