// From a chart of the document to its drawing, by kind; and the picture that stands alone.

import type { Chart, Scale } from '../document.ts';
import { LIGHT, shapeOf } from '../theme.ts';
import { type Drawing, FONT_SIZE, NARROW, textWidth, type View } from './drawing.ts';
import { svgText } from './engine.ts';
import { drawRows } from './rows.ts';
import { drawTornado } from './tornado.ts';
import { drawXy } from './xy.ts';

export function draw(chart: Chart, view: View): Drawing {
  switch (chart.kind) {
    case 'xy':
      return drawXy(chart, view);
    case 'tornado':
      return drawTornado(chart, view);
    default:
      return drawRows(chart, view);
  }
}

/** The axes of a chart that the reader may set to linear or logarithmic. */
export function scalable(chart: Chart): ('x' | 'y')[] {
  const positive = (values: (number | null | undefined)[]) => values.some((v) => (v ?? 0) > 0);
  if (chart.kind === 'xy') {
    const points = chart.series.flatMap((s) => s.points);
    const axes: ('x' | 'y')[] = [];
    if (positive(points.map((p) => p.x))) axes.push('x');
    if (positive(points.map((p) => p.y))) axes.push('y');
    return axes;
  }
  // Lengths that are stacked, or that start at a centre, have no logarithm to read.
  if (chart.kind !== 'bars' || !positive(chart.series.flatMap((s) => s.values))) return [];
  return [Array.isArray(chart.x.categories) ? 'y' : 'x'];
}

export function scalesOf(chart: Chart): { x: Scale; y: Scale } {
  return { x: chart.x.scale ?? 'linear', y: chart.y.scale ?? 'linear' };
}

const EXPORT_WIDTH = 960;
const TITLE_HEIGHT = 34;
const LEGEND_LINE = 22;

/** The chart with its title and legend, light, as the text of an SVG file. */
export function picture(chart: Chart, view: View, wide = EXPORT_WIDTH) {
  const width = Math.max(wide, NARROW);
  const drawing = draw(chart, { ...view, theme: LIGHT, width });
  const legend = drawing.legend.filter((entry) => !view.hidden.has(entry.name));
  let lines = 1;
  let used = 0;
  for (const entry of legend) {
    const room = textWidth(entry.name) + 56;
    if (used + room > width - 16 && used > 0) {
      ++lines;
      used = 0;
    }
    used += room;
  }
  const above = TITLE_HEIGHT + (legend.length > 0 ? lines * LEGEND_LINE + 6 : 0);
  const option = drawing.option as { grid: { top: number }; series: object[] };
  const height = drawing.height + above;
  const iconOf = (shape: Drawing['legend'][number]['shape']) =>
    shape === 'block'
      ? 'rect'
      : shape === 'line'
        ? 'path://M0 4H24V6H0Z'
        : `path://${shapeOf(shape)}`;
  const svg = svgText(
    {
      ...option,
      backgroundColor: LIGHT.surface,
      grid: { ...option.grid, top: option.grid.top + above },
      title: {
        text: chart.title,
        left: 4,
        top: 6,
        textStyle: { fontSize: 15, fontWeight: 600, color: LIGHT.ink },
      },
      legend: {
        left: 0,
        top: TITLE_HEIGHT,
        width: width - 16,
        itemWidth: 20,
        itemHeight: 10,
        selectedMode: false,
        textStyle: { color: LIGHT.ink, fontSize: FONT_SIZE },
        data: legend.map((entry) => ({
          name: entry.name,
          icon: iconOf(entry.shape),
          itemStyle: { color: entry.color },
          lineStyle: { color: entry.color, width: 2, type: entry.dash ? [5, 3] : 'solid' },
        })),
      },
    },
    width,
    height,
  );
  return { svg, width, height };
}
