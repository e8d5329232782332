// The validation rules of one form, evaluated in the browser from the server's own definitions.

import { absolute, divide, fromPlain, PLACES, show, times } from './decimals.js';

const UNIT = 10n ** BigInt(PLACES);

/** Rules as the server gives them, with numbers read once. */
export function prepare(rules) {
  return rules.map((rule) => ({
    ...rule,
    constant: fromPlain(rule.constant),
    tolerance: fromPlain(rule.tolerance),
    terms: rule.terms.map(([coefficient, code, offset]) => [fromPlain(coefficient), code, offset]),
  }));
}

function holds(total, { comparator, constant, tolerance }) {
  switch (comparator) {
    case '>=': return total >= constant - tolerance;
    case '>': return total > constant - tolerance;
    case '<=': return total <= constant + tolerance;
    case '<': return total < constant + tolerance;
    default: return absolute(total - constant) <= tolerance;
  }
}

/** What does not hold. `value(code, offset)` gives millionths or null; a null term: not checked. */
export function check(rules, value) {
  const found = [];
  for (const rule of rules) {
    const finding = checkOne(rule, value);
    if (finding) found.push(finding);
  }
  return found;
}

function checkOne(rule, value) {
  const products = [];
  for (const [coefficient, code, offset] of rule.terms) {
    const known = value(code, offset);
    if (known === null) return null;
    products.push(times(coefficient, known));
  }
  const total = products.reduce((sum, product) => sum + product, 0n);
  if (holds(total, rule)) return null;
  let solved = rule.terms.findIndex(([, code, offset]) => code === rule.solve_for && !offset);
  if (solved < 0) solved = rule.terms.length - 1;
  const rest = rule.constant - (total - products[solved]);
  const computed = divide(rest * UNIT, rule.terms[solved][0]);
  const present = rule.terms.filter(([, , offset]) => !offset);
  return {
    rule,
    cell: rule.solve_for || present[present.length - 1][1],
    codes: present.map(([, code]) => code),
    message: message(rule, products, total, computed, value),
    fill: rule.solve_for && computed >= 0n ? computed : null,
    sum: rule.solve_for && computed >= 0n ? workedSum(rule, solved, computed, value) : '',
  };
}

/** The sum behind a balance: 238 − 71 + 2 + 5 = 174; empty where the rule is no plain sum. */
function workedSum(rule, solved, computed, value) {
  if (rule.terms.length < 4 || rule.constant) return '';
  const own = rule.terms[solved];
  const parts = [];
  for (const term of rule.terms) {
    if (term === own) continue;
    const [coefficient, code, offset] = term;
    if (absolute(coefficient) !== absolute(own[0])) return '';
    const isLess = coefficient > 0n === own[0] > 0n;
    if (isLess || parts.length) parts.push(isLess ? '−' : '+');
    parts.push(show(value(code, offset), rule.decimals[code]));
  }
  return `${parts.join(' ')} = ${show(computed, rule.decimals[own[1]])}`;
}

function message(rule, products, total, computed, value) {
  const decimals = Math.max(...rule.terms.map(([, code]) => rule.decimals[code]));
  const sum = (wanted) => products.filter(wanted).reduce((all, product) => all + product, 0n);
  const names = {
    left: show(sum((product) => product > 0n), decimals),
    right: show(-sum((product) => product < 0n) + rule.constant, decimals),
    gap: show(absolute(total - rule.constant), decimals),
    computed: show(computed, decimals),
  };
  for (const [, code, offset] of rule.terms) {
    names[offset ? `${code}_prev` : code] = show(value(code, offset), rule.decimals[code]);
  }
  return rule.message.replace(/\{(\w+)\}/g, (whole, name) => names[name] ?? whole);
}
