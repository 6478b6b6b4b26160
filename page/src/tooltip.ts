// What stands beside a mark when it is pointed at. Built from text nodes: a document's texts are
// never read as HTML.

import type { Detail } from './charts/drawing.ts';
import { h } from './dom.ts';
import type { Theme } from './theme.ts';

type Find = (series: number, item: number) => Detail | undefined;

export function tooltip(theme: Theme, find: Find) {
  return {
    trigger: 'item',
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.surface,
    borderColor: theme.rule,
    borderWidth: 1,
    padding: [8, 10],
    textStyle: { color: theme.ink, fontSize: 12 },
    formatter: (params: { seriesIndex?: number; dataIndex?: number }) => {
      const detail = find(params.seriesIndex ?? -1, params.dataIndex ?? -1);
      if (!detail) return '';
      return h(
        'div',
        { class: 'tip' },
        h('strong', {}, detail.title),
        detail.text ? h('p', {}, detail.text) : null,
        h(
          'dl',
          {},
          ...detail.rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
        ),
      );
    },
  };
}
