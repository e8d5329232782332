// Where a figure would be no surprise: the server's bands, and what is asked outside them.

import { fromPlain } from '../decimals.js';
import { say } from './show.js';

const outside = ([, low, high], value) =>
  (low !== '' && value < fromPlain(low)) || (high !== '' && value > fromPlain(high));

/** What is asked about `value` (millionths or null): {question, label, detail, needsReason}. */
export function questions(spec, value, words) {
  if (value === null || !spec.bands) return [];
  const found = spec.bands.filter((band) => outside(band, value));
  const [first] = found.filter(([question]) => words.bands[question][3]); // unlike others: once is enough
  return found
    .filter((band) => band === first || !words.bands[band[0]][3])
    .map(([question, , , values]) => {
      const [label, detail, needsReason] = words.bands[question];
      return { question, label, detail: say(detail, values), needsReason };
    });
}
