// Where a figure would be no surprise, from the same limits as the server's (indicators/bands.py),
// and what is asked outside.

import { absolute, divide, fromPlain, PLACES, show } from '../decimals.js';
import { plain } from './lines.js';
import { say } from './show.js';

const most = (a, b) => (a > b ? a : b);

/** [question, low, high, values], bounds in millionths or null; the order is the server's. */
export function bandsOf(spec, words) {
  const decimals = spec.decimals || 0;
  const soft = spec.soft || {};
  const step = 10n ** BigInt(PLACES - decimals);
  const previous = spec.isComparable && spec.previous ? fromPlain(spec.previous) : null;
  const told = (value) => show(value, decimals);
  const withUnit = (text) => `${text} ${spec.unit || ''}`;
  const bands = [];
  if (previous !== null) {
    const before = withUnit(told(previous));
    const change = (limit, half) =>
      bands.push(['change', previous - half, previous + half, { previous: before, limit }]);
    if (previous > 0n) bands.push(['zero', step < previous ? step : previous, null, { previous: before }]);
    if (soft.change_points) {
      const points = fromPlain(soft.change_points);
      change(say(words.limit_points, { limit: show(points, 0) }), points);
    }
    if (soft.change_pct && previous) {
      const percent = fromPlain(soft.change_pct);
      const part = divide(percent * absolute(previous), 100n * 10n ** BigInt(PLACES));
      change(`${show(percent, 0)}%`, most(part, fromPlain(soft.change_min_abs || '0') - step));
    }
  }
  const limit = (question, key) => {
    if (!soft[key]) return;
    const value = fromPlain(soft[key]);
    const bounds = key === 'max' ? [null, value] : [value, null];
    bands.push([question, ...bounds, { limit: told(value) }]);
  };
  limit('high', 'max');
  limit('low', 'min');
  const plan = spec.plan ? fromPlain(spec.plan) : 0n;
  if (plan > 0n) bands.push(['plan', null, 2n * plan, { planned: withUnit(told(plan)) }]);
  if (spec.history) bands.push(historyOf(spec.history, step, withUnit));
  if (spec.near) {
    const [count, low, high, from, to] = spec.near;
    bands.push(['near', fromPlain(from), fromPlain(to), { count, low, high }]);
  }
  return bands;
}

/** The unit's own earlier figures, with as much room again on either side. */
function historyOf([count, low, high, from, to], step, withUnit) {
  const values = { count, low, high: withUnit(high) };
  if (from !== undefined) return ['history', fromPlain(from), fromPlain(to), values];
  const [lowest, highest] = [fromPlain(plain(low)), fromPlain(plain(high))];
  const room = most(most(highest - lowest, divide(absolute(highest), 10n)), step);
  return ['history', lowest - room, highest + room, values];
}

const outside = ([, low, high], value) => (low !== null && value < low) || (high !== null && value > high);

/** What is asked about `value` (millionths or null): {question, label, detail, needsReason}. */
export function questions(spec, value, words) {
  if (value === null) return [];
  spec.bands ||= bandsOf(spec, words);
  const found = spec.bands.filter((band) => outside(band, value));
  const [first] = found.filter(([question]) => words.bands[question][3]); // unlike others: once is enough
  return found
    .filter((band) => band === first || !words.bands[band[0]][3])
    .map(([question, , , values]) => {
      const [label, detail, needsReason] = words.bands[question];
      return { question, label, detail: say(detail, values), needsReason };
    });
}
