import { describe, test } from 'vitest';
import { classicPair, MixedScript } from './mixed-script.ts';

describe('a consumer group becomes a classic one when only members of that protocol are left', () => {
  test('because the last other one leaves: they join again, and rebalance among themselves', () => {
    classicPair().run(`
      enter C           | C: 3 = -                  |
      join A            | A: joined 3 range         |
      sync A            | A: got t/0                |
      join B            | B: joined 3 range         |
      sync B            | B: got t/2                |
      tell C            | C: 3 = t/1                | Stable 3: A/3 t/0; B/3 t/2; C 3 t/1
      exit C            | C: -1                     | classic PreparingRebalance: A t/0; B t/2
      commit A t/0=6    | A: ok                     |
      beat A            | A: REBALANCE_IN_PROGRESS  |
      beat B            | B: REBALANCE_IN_PROGRESS  |
      join A            |                           |
      join B            | A: joined 4 range leads; B: joined 4 range |
      sync B            |                           |
      sync A A=t/0 B=t/1,2 | A: got t/0; B: got t/1,2 | classic Stable: A t/0; B t/1,2
      enter C           | C: 5 = -                  | Reconciling 5: A/4 t/0; B/4 t/1,2; C 5 -
    `);
  });

  test('because the last other one is silent for too long', () => {
    new MixedScript().run(`
      enter C            | C: 1 = t/0,1,2           |
      join A session=100 | A: joined 2 range        |
      sync A             | A: got -                 |
      wait 46            |                          | classic PreparingRebalance: A -
      join A             | A: joined 3 range leads  |
    `);
  });

  test('because the last other one does not give up in time', () => {
    new MixedScript().run(`
      enter C            | C: 1 = t/0,1,2           |
      join A session=200 | A: joined 2 range        |
      sync A             | A: got -                 |
      tell C owns=t/0,1,2 | C: 1 = t/0,1            |
      wait 40            |                          |
      tell C             | C: 1                     |
      wait 21            |                          | classic PreparingRebalance: A -
    `);
  });

  test('because the last other one, a static member, comes back with the classic protocol', () => {
    new MixedScript().run(`
      enter A@one        | A: 1 = t/0,1,2           |
      enter B@two        | B: 2 = -                 |
      tell A owns=t/0,1  | A: 2 = t/0,1             |
      tell B             | B: 2 = t/2               |
      forget A           |                          |
      join A             | A: joined 2 range        | Stable 2: A/2 t/0,1; B 2 t/2
      sync A             | A: got t/0,1             |
      pause B            | B: -2                    |
      forget B           |                          |
      join B             | B: joined 2 range        | classic PreparingRebalance: A t/0,1; B t/2
      sync B             | B: REBALANCE_IN_PROGRESS |
      beat A             | A: REBALANCE_IN_PROGRESS |
      join B             |                          |
      join A             | A: joined 3 range leads; B: joined 3 range |
    `);
  });

  test('who brought that about with other topics hears of the group as it was, and joins it', () => {
    new MixedScript().run(`
      enter B@two        | B: 1 = t/0,1,2           |
      join A@one         | A: joined 2 range        |
      forget B           |                          |
      join B topics=u    | B: joined 2 range        | classic PreparingRebalance: A -; B u/0,1,2
      sync B             | B: REBALANCE_IN_PROGRESS |
    `);
  });

  test('and a group that was replayed before they joined again waits for them just so', () => {
    new MixedScript().run(`
      enter C            | C: 1 = t/0,1,2           |
      join A session=100 | A: joined 2 range        |
      join B session=100 | B: joined 3 range        |
      exit C             | C: -1                    | classic PreparingRebalance: A -; B -
      restart            |                          | classic PreparingRebalance: A -; B -
      beat B             | B: REBALANCE_IN_PROGRESS |
      beat A             | A: ILLEGAL_GENERATION    |
      join B             |                          |
      wait 59            |                          | classic PreparingRebalance: A -; B -
      wait 1             | B: joined 4 range leads  | classic CompletingRebalance: B -
    `);
  });

  test('who does not join again in time is out, and so is who is silent', () => {
    new MixedScript().run(`
      enter C            | C: 1 = t/0,1,2           |
      join A session=100 | A: joined 2 range        |
      join B session=100 | B: joined 3 range        |
      join S             | S: joined 4 range        |
      exit C             | C: -1                    | classic PreparingRebalance: A -; B -; S -
      wait 11            |                          | classic PreparingRebalance: A -; B -
      join B             |                          |
      wait 49            | B: joined 5 range leads  | classic CompletingRebalance: B -
    `);
  });

  test('what a member was to have, and another has not given up, stays with that one', () => {
    classicPair().run(`
      enter C            | C: 3 = -                 |
      join A owns=t/0,1  | A: joined 2 range        | Reconciling 3: A/2 t/0; B/2 t/2; C 3 -
      exit C             | C: -1                    | classic PreparingRebalance: A t/0,1; B t/2
      enter C            | C: 4 = -                 | Reconciling 4: A/3 t/0,1; B/3 t/2; C 4 -
    `);
  });
});

describe('a consumer group stays what it is', () => {
  test('where the policy does not allow it, and its members of the classic protocol go on', () => {
    for (const migrationPolicy of ['upgrade', 'disabled'] as const) {
      new MixedScript({ migrationPolicy }).run(`
        enter C            | C: 1 = t/0,1,2           |
        join A             | A: joined 2 range        |
        join B             | B: joined 3 range        |
        exit C             | C: -1                    | Assigning 4: A/2 -; B/3 -
        beat A             | A: REBALANCE_IN_PROGRESS |
        join A             | A: joined 4 range        |
        sync A             | A: got t/2               |
        join B             | B: joined 4 range        | Stable 4: A/4 t/2; B/4 t/0,1
        leave A            | A: ok                    |
        leave B            | B: ok                    | Empty 6:
      `);
    }
  });

  test('when more members are left than a classic group may have', () => {
    new MixedScript({ maxSize: 1 }).run(`
      enter C            | C: 1 = t/0,1,2           |
      join A             | A: joined 2 range        |
      join B             | B: joined 3 range        |
      exit C             | C: -1                    | Assigning 4: A/2 -; B/3 -
    `);
  });

  test('when the classic group would not fit into one batch', () => {
    new MixedScript({ maxEventBytes: 900 }).run(`
      enter C            | C: 1 = t/0,1,2           |
      join A             | A: joined 2 range        |
      exit C             | C: -1                    | Assigning 3: A/2 -
    `);
  });

  test('while others are left, and when nobody is', () => {
    new MixedScript().run(`
      enter C            | C: 1 = t/0,1,2           |
      enter D            | D: 2 = -                 |
      join A             | A: joined 3 range        |
      exit C             | C: -1                    | Assigning 4: A/3 -; D 2 -
      leave A            | A: ok                    | Assigning 5: D 2 -
      exit D             | D: -1                    | Empty 6:
    `);
  });
});
