// Sliders for the hardware and the promise, and what the engines then do, against the unchanged.

import { ChartCard } from './chart_card.ts';
import type { Cell, Chart, Column, Report, Table } from './document.ts';
import { button, fill, h, rich } from './dom.ts';
import { change, significant, unitText } from './format.ts';
import type { Store } from './store.ts';
import {
  type Answer,
  changeOf,
  evaluate,
  type Result,
  type WhatIf,
  type WhatIfInput,
} from './whatif.ts';

const POSITIONS = 1000; // of a slider
const DIGITS = 3; // of a value that the slider gives

const THROUGHPUT_UNIT = 'tok/s per chip';

function position(input: WhatIfInput, value: number): number {
  const { min, max } = input;
  const share =
    input.scale === 'log'
      ? Math.log(value / min) / Math.log(max / min)
      : (value - min) / (max - min);
  return Math.round(Math.min(1, Math.max(0, share)) * POSITIONS);
}

function valueAt(input: WhatIfInput, at: number): number {
  const { min, max } = input;
  if (at === position(input, input.value)) return input.value;
  const share = at / POSITIONS;
  const value = input.scale === 'log' ? min * (max / min) ** share : min + (max - min) * share;
  return Number(value.toPrecision(DIGITS));
}

interface Outcome {
  id: string;
  name: string;
  deployment: string;
  before: Result;
  after: Result;
}

const answered = (result: Result): Answer | undefined => ('reason' in result ? undefined : result);

function compute(whatif: WhatIf, values: Record<string, number>): Outcome[] {
  const initial = Object.fromEntries(whatif.inputs.map((input) => [input.id, input.value]));
  return whatif.systems.map((system) => {
    const { terms } = system;
    const none: Result = { reason: system.unavailable ?? 'no deployment' };
    return {
      id: system.id,
      name: system.name,
      deployment: system.deployment ?? '',
      before: terms ? evaluate(terms, changeOf(initial)) : none,
      after: terms ? evaluate(terms, changeOf(values)) : none,
    };
  });
}

const NUMBER = { kind: 'number' as const, digits: 4 };
const COLUMNS: Column[] = [
  { name: 'system', csv_name: 'system', kind: 'text' },
  {
    name: 'throughput before',
    csv_name: 'throughput_before_tokens_per_s_per_chip',
    unit: THROUGHPUT_UNIT,
    ...NUMBER,
  },
  {
    name: 'throughput now',
    csv_name: 'throughput_now_tokens_per_s_per_chip',
    unit: THROUGHPUT_UNIT,
    ...NUMBER,
  },
  { name: 'change', csv_name: 'change', kind: 'text' },
  { name: 'TPOT before', csv_name: 'tpot_before_ms', unit: 'ms', ...NUMBER },
  { name: 'TPOT now', csv_name: 'tpot_now_ms', unit: 'ms', ...NUMBER },
  { name: 'TTFT now', csv_name: 'ttft_now_ms', unit: 'ms', ...NUMBER },
  { name: 'batch before', csv_name: 'batch_before', unit: 'seq per rank', ...NUMBER },
  { name: 'batch now', csv_name: 'batch_now', unit: 'seq per rank', ...NUMBER },
  { name: 'deployment', csv_name: 'deployment', kind: 'text' },
];

function rowOf({ name, deployment, before, after }: Outcome): Cell[] {
  const [a, b] = [answered(before), answered(after)];
  const reason = 'reason' in after ? after.reason : 'no answer before';
  return [
    name,
    a?.throughput ?? null,
    b?.throughput ?? null,
    a && b ? change(b.throughput, a.throughput) : reason,
    a ? a.tpot_s * 1e3 : null,
    b ? b.tpot_s * 1e3 : null,
    b ? b.ttft_s * 1e3 : null,
    a?.batch ?? null,
    b?.batch ?? null,
    deployment,
  ];
}

function tableOf(outcomes: Outcome[]): Table {
  return {
    id: 'what-if',
    title: 'Before and after the change',
    columns: COLUMNS,
    rows: outcomes.map(rowOf),
    csv: 'what-if.csv',
  };
}

function chartOf(outcomes: Outcome[]): Chart {
  const values = (result: (o: Outcome) => Result) =>
    outcomes.map((o) => answered(result(o))?.throughput ?? null);
  return {
    id: 'what-if',
    kind: 'bars',
    title: 'Output throughput before and after the change',
    table: 'what-if',
    x: { label: 'output throughput', unit: THROUGHPUT_UNIT, scale: 'linear' },
    y: {
      label: 'system',
      scale: 'linear',
      categories: outcomes.map((o) => o.name),
      systems: outcomes.map((o) => o.id),
    },
    series: [
      { name: 'before', values: values((o) => o.before) },
      { name: 'now', values: values((o) => o.after) },
    ],
  };
}

/** What is changed, in words: it stands beside the numbers, on paper too. */
function summary(whatif: WhatIf, values: Record<string, number>): string {
  const changes = whatif.inputs
    .filter((input) => values[input.id] !== input.value)
    .map((input) => `${input.label} ${significant(values[input.id])} ${unitText(input.unit)}`);
  return changes.length > 0 ? `Changed: ${changes.join(', ')}.` : 'Nothing is changed.';
}

interface Control {
  element: HTMLElement;
  show(value: number): void;
}

function control(input: WhatIfInput, onChange: (value: number) => void): Control {
  const unit = unitText(input.unit);
  const id = `what-if-${input.id}`;
  const slider = h('input', {
    type: 'range',
    id,
    min: 0,
    max: POSITIONS,
    step: 1,
    'data-input': input.id,
  });
  const exact = h('input', {
    type: 'number',
    min: input.min,
    max: input.max,
    step: 'any',
    'aria-label': `${input.label}, exact value in ${unit}`,
    'data-exact': input.id,
  });
  slider.addEventListener('input', () => onChange(valueAt(input, slider.valueAsNumber)));
  exact.addEventListener('change', () => {
    const value = exact.valueAsNumber;
    if (Number.isFinite(value)) onChange(Math.min(input.max, Math.max(input.min, value)));
  });
  return {
    element: h(
      'div',
      { class: 'control' },
      h('label', { for: id }, input.label),
      h('span', { class: 'exact' }, exact, h('span', {}, unit)),
      slider,
      h(
        'span',
        { class: 'ends', 'aria-hidden': 'true' },
        h('span', {}, `${significant(input.min)} ${unit}`),
        h('span', {}, `${significant(input.max)} ${unit}`),
      ),
    ),
    show(value) {
      slider.value = String(position(input, value));
      slider.setAttribute('aria-valuetext', `${significant(value)} ${unit}`);
      exact.value = String(value);
    },
  };
}

/** The section's content, and its chart, which the page starts with the others. */
export function whatIfPanel(
  whatif: WhatIf,
  report: Report,
  store: Store,
  colors: ReadonlyMap<string, number>,
): { element: HTMLElement; card: ChartCard } {
  const initial = () => Object.fromEntries(whatif.inputs.map((input) => [input.id, input.value]));
  let values = initial();
  const outcomes = compute(whatif, values);
  const card = new ChartCard(chartOf(outcomes), tableOf(outcomes), store, colors);
  const table = card.element.querySelector('details');
  if (table) {
    table.open = true;
    fill(table);
  }

  const changes = h('p', { class: 'changes', role: 'status' });
  let pending = 0;
  const show = () => {
    for (const [i, input] of whatif.inputs.entries())
      controls[i]?.show(values[input.id] ?? input.value);
    changes.textContent = summary(whatif, values);
    reset.disabled = whatif.inputs.every((input) => values[input.id] === input.value);
  };
  // A slider moves faster than the screen draws.
  const recompute = () => {
    show();
    if (pending !== 0) return;
    pending = requestAnimationFrame(() => {
      pending = 0;
      const now = compute(whatif, values);
      card.update(chartOf(now), tableOf(now));
    });
  };
  const controls = whatif.inputs.map((input) =>
    control(input, (value) => {
      values = { ...values, [input.id]: value };
      recompute();
    }),
  );
  const reset = button('Reset', { class: 'reset' }, () => {
    values = initial();
    recompute();
  });
  show();
  const element = h(
    'div',
    { class: 'what-if', 'data-report': report.name },
    ...(whatif.text ?? []).map((text) => h('p', {}, ...rich(text))),
    h(
      'fieldset',
      { class: 'controls' },
      h('legend', { class: 'unseen' }, 'Changes'),
      ...controls.map((c) => c.element),
      reset,
    ),
    changes,
    card.element,
  );
  return { element, card };
}
