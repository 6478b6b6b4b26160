// A series' mark as a small picture beside its name.

import type { LegendEntry } from './charts/drawing.ts';
import { svg } from './dom.ts';
import { shapeOf } from './theme.ts';

type Look = Pick<LegendEntry, 'color' | 'shape' | 'line' | 'dash'>;

export function swatch({ color, shape, line, dash }: Look): SVGElement {
  const picture = svg('svg', { class: 'swatch', viewBox: '0 0 24 12', 'aria-hidden': 'true' });
  if (line)
    picture.append(
      svg('path', {
        d: 'M0 6H24',
        stroke: color,
        'stroke-width': 2,
        'stroke-dasharray': dash ? '5 3' : null,
      }),
    );
  if (shape === 'block')
    picture.append(svg('rect', { x: 4, y: 1, width: 16, height: 10, fill: color }));
  else if (typeof shape === 'number') {
    const hollow = dash && !line;
    picture.append(
      svg('path', {
        d: shapeOf(shape),
        transform: 'translate(8 2) scale(0.8)',
        fill: hollow ? 'none' : color,
        stroke: hollow ? color : null,
        'stroke-width': hollow ? 2 : null,
      }),
    );
  }
  return picture;
}
