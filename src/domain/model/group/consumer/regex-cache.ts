import type { CompiledRegex, CompileRegex } from './environment.ts';

/** Of expressions, and of names for each. */
const MAX_EXPRESSIONS = 100;
const MAX_VERDICTS = 50_000;

/**
 * Remembers expressions, and which names they match: all members and groups with one expression share it, and when topics change
 * only the new ones are looked at. What was not asked for the longest time is forgotten.
 */
export function regexCache(compile: CompileRegex): CompileRegex {
  const known = new Map<string, CompiledRegex>();
  return expression => {
    const regex = known.get(expression) ?? remembering(compile(expression));
    known.delete(expression);
    known.set(expression, regex);
    if (known.size > MAX_EXPRESSIONS) known.delete(known.keys().next().value!);
    return regex;
  };
}

function remembering(regex: CompiledRegex): CompiledRegex {
  if (regex.kind === 'invalid') return regex;
  const verdicts = new Map<string, boolean>();
  const matches = (name: string): boolean => {
    const known = verdicts.get(name);
    if (known !== undefined) return known;
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    const verdict = regex.matches(name);
    verdicts.set(name, verdict);
    return verdict;
  };
  return { kind: 'compiled', matches };
}
