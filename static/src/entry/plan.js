// A figure beside its plan; the same judgement as reports/entry/comparison.py.

import { absolute, divide, fromPlain, PLACES, round, show } from '../decimals.js';
import { say } from './show.js';

/** [icon, words] of a rounded figure; no icon where no direction is better. */
export function comparison(actual, spec, words) {
  const plan = round(fromPlain(spec.plan), spec.decimals || 0);
  const text = distance(actual, plan, spec, words);
  if (!spec.better) return ['', text];
  const short = spec.better === 'h' ? plan - actual : actual - plan;
  let verdict = 'late';
  if (short <= 0n) verdict = 'met';
  else if (short * 10n <= absolute(plan)) verdict = 'risk';
  return [verdict, `${words[verdict]} · ${text}`];
}

function distance(actual, plan, spec, words) {
  const gap = actual - plan;
  const decimals = spec.decimals || 0;
  if (spec.points) {
    return say(words.points, { gap: (gap > 0n ? '+' : '') + show(gap, decimals) });
  }
  if (spec.better !== 'l' && plan > 0n) {
    const tenths = divide(actual * 1000n, plan);
    return `${show(tenths * 10n ** BigInt(PLACES - 1), 1)}%`;
  }
  if (gap === 0n) return words.equal;
  return say(gap < 0n ? words.below : words.above, { gap: show(absolute(gap), decimals) });
}
