// Numbers and texts as a reader sees them. The program's report/numbers.cpp follows the same rules.

export const NO_NUMBER = '-';

const LARGEST_GROUPED = 1e15; // beyond it digit groups are harder to read than exponents
const SMALLEST_PLAIN = 1e-4;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function superscript(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

function powerOfTen(value: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const power = `10${superscript(Number(exponent))}`;
  return Number(mantissa) === 1 ? power : `${Number(mantissa)} × ${power}`;
}

/** Rounded to `digits` significant digits, thousands apart: "1,943", "49.38", "0.00012". */
export function significant(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_NUMBER;
  if (value === 0) return '0';
  const sign = value < 0 ? '−' : '';
  const rounded = Number(Math.abs(value).toExponential(Math.max(1, digits) - 1));
  if (rounded >= LARGEST_GROUPED || rounded < SMALLEST_PLAIN)
    return sign + powerOfTen(rounded, digits);
  // The rounded value's own shortest text; toFixed where that would be an exponent.
  const text = String(rounded);
  return sign + grouped(text.includes('e') ? rounded.toFixed(20).replace(/0+$/, '') : text);
}

/** A tick of an axis; a million and more as a power of ten, which stays narrow. */
export function tick(value: number): string {
  if (Math.abs(value) >= 1e6) return (value < 0 ? '−' : '') + powerOfTen(Math.abs(value), 4);
  return significant(value, 6);
}

/** A unit as it is written on the page. */
export function unitText(unit: string): string {
  return unit === 'x' ? '×' : unit;
}

/** "1,943 tok/s". */
export function withUnit(text: string, unit: string | null | undefined): string {
  return unit && text !== NO_NUMBER ? `${text} ${unitText(unit)}` : text;
}

/** "throughput (tok/s per chip)", the name of an axis or column. */
export function named(label: string, unit: string | null | undefined): string {
  return unit ? `${label} (${unitText(unit)})` : label;
}

/** "+12 %", "×2.5": how `value` stands to `base`. */
export function change(value: number, base: number): string {
  if (!(base > 0) || !Number.isFinite(value)) return NO_NUMBER;
  const ratio = value / base;
  if (Math.abs(ratio - 1) < 5e-4) return 'unchanged';
  if (ratio >= 2) return `×${significant(ratio, 3)}`;
  const percent = significant((ratio - 1) * 100, 3);
  return `${ratio > 1 ? '+' : ''}${percent} %`;
}
