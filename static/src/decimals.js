// Exact decimal arithmetic on BigInt, as the server does it. A number is a count of millionths:
// six decimals are what a figure can have.

export const PLACES = 6;
const UNIT = 10n ** BigInt(PLACES);
const MINUS = '\u2212';

/** Read a plain decimal string (server side notation, a point) as millionths. */
export function fromPlain(text) {
  const negative = text.startsWith('-');
  const [whole, fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const value = BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
  return negative ? -value : value;
}

export const times = (a, b) => divide(a * b, UNIT);

/** a × b ÷ c of millionths, rounded half away from zero to a millionth; null over zero. */
export const ratio = (a, scale, c) => (c === 0n ? null : divide(a * scale, c));

/** Quotient of two whole numbers, rounded half away from zero. */
export function divide(a, b) {
  const negative = a < 0n !== b < 0n;
  const [top, bottom] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const result = (top * 2n + bottom) / (bottom * 2n);
  return negative ? -result : result;
}

export const absolute = (value) => (value < 0n ? -value : value);

/** Round millionths to `decimals` places; the result is still in millionths. */
export function round(value, decimals) {
  const step = 10n ** BigInt(PLACES - decimals);
  return divide(value, step) * step;
}

/** 1.234,50 with a true minus sign. */
export function show(value, decimals) {
  const digits = String(absolute(divide(value, 10n ** BigInt(PLACES - decimals)))).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, '.');
  const text = decimals ? `${whole},${digits.slice(-decimals)}` : whole;
  return value < 0n && /[1-9]/.test(text) ? MINUS + text : text;
}

/**
 * Read a typed number: 1234 · 1.234 · 1.234,5 · 1234,5 · 33.4 (where decimals exist).
 * Gives {value} or {fault: 'not_a_number' | 'too_fine'}; `isGuess` when a point was read as
 * thousands although decimals are allowed.
 */
export function read(typed, decimals) {
  const text = typed.replace(/[\s\u00a0\u202f]+/g, '');
  const negative = text.startsWith('-') || text.startsWith(MINUS);
  const body = negative ? text.slice(1) : text;
  let plain;
  if (/^\d{1,3}(\.\d{3})+(,\d+)?$/.test(body) || /^\d+(,\d+)?$/.test(body)) {
    plain = body.replace(/\./g, '').replace(',', '.');
  } else if (decimals && /^\d+\.\d+$/.test(body)) {
    plain = body;
  } else {
    return { fault: 'not_a_number' };
  }
  const fraction = (plain.split('.')[1] || '').replace(/0+$/, '');
  if (fraction.length > decimals) return { fault: 'too_fine' };
  const value = fromPlain(plain);
  return {
    value: negative ? -value : value,
    isGuess: decimals > 0 && /^\d{1,3}\.\d{3}$/.test(body),
  };
}
