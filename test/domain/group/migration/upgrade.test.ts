import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../../support/group-world.ts';
import { classicPair, MixedScript } from './mixed-script.ts';

describe('a classic group becomes a consumer group when a member of that protocol joins', () => {
  test('its members go on with what they have, and follow when they join again', () => {
    classicPair().run(`
      enter C           | C: 3 = -                  | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      commit A t/0=5    | A: ok                     |
      sync A            | A: REBALANCE_IN_PROGRESS  |
      beat A            | A: REBALANCE_IN_PROGRESS  |
      join A            | A: joined 3 range         | Reconciling 3: A/3 t/0; B/2 t/2; C 3 -
      sync A            | A: got t/0                |
      beat A            | A: ok                     |
      tell C            | C: 3 = t/1                |
      beat B            | B: REBALANCE_IN_PROGRESS  |
      join B            | B: joined 3 range         | Stable 3: A/3 t/0; B/3 t/2; C 3 t/1
      sync B            | B: got t/2                |
      commit B t/2=5    | B: ok                     |
      tell C            | C: 3                      |
    `);
  });

  test('and the same group comes out of the log', () => {
    classicPair().run(`
      enter C           | C: 3 = -                  | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      restart           |                           | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      beat B            | B: REBALANCE_IN_PROGRESS  |
      join B            | B: joined 3 range         |
      restart           |                           | Reconciling 3: A/2 t/0,1; B/3 t/2; C 3 -
      sync B            | B: got t/2                |
    `);
  });

  test('joins that are parked are told to come again', () => {
    classicPair().run(`
      join X            |                           |
      join A owns=t/0,1 |                           | classic PreparingRebalance: A t/0,1; B t/2; X -
      enter C           | A: REBALANCE_IN_PROGRESS; X: REBALANCE_IN_PROGRESS; C: 3 = - | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      join X            | X: joined 4 range         | Reconciling 4: A/2 t/0,1; B/2 t/2; C 3 -; X/4 -
      wait 11           |                           | Assigning 7: C 3 -
    `);
  });

  test('syncs that are parked are told that there is a rebalance', () => {
    classicPair().run(`
      join A owns=t/0,1 |                           |
      join B owns=t/2   | A: joined 3 range leads; B: joined 3 range |
      sync B            |                           | classic CompletingRebalance: A t/0,1; B t/2
      enter C           | B: REBALANCE_IN_PROGRESS; C: 4 = - | Reconciling 4: A/3 t/0,1; B/3 t/2; C 4 -
      sync A            | A: REBALANCE_IN_PROGRESS  |
      beat A            | A: REBALANCE_IN_PROGRESS  |
    `);
  });

  test('members that were in no generation yet, or had an id alone, join the new group', () => {
    new MixedScript().run(`
      join A            |                           |
      join B needs-id   | B: MEMBER_ID_REQUIRED     | classic PreparingRebalance: A -
      enter C           | A: REBALANCE_IN_PROGRESS; C: 1 = t/0,1,2 | Stable 1: C 1 t/0,1,2
      join B            | B: joined 2 range         | Reconciling 2: B/2 -; C 1 t/0,1,2
      join A            | A: joined 3 range         | Reconciling 3: A/3 -; B/2 -; C 1 t/0,1,2
    `);
  });

  test('timers of the classic group are over, and sessions go on', () => {
    classicPair().run(`
      join X            |                           |
      enter C           | X: REBALANCE_IN_PROGRESS; C: 3 = - |
      wait 9            |                           | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      beat A            | A: REBALANCE_IN_PROGRESS  |
      wait 2            |                           | Assigning 4: A/2 t/0,1; C 3 -
    `);
  });

  test('nobody holds a partition twice, nor one that does not exist', () => {
    new MixedScript().run(`
      join A owns=t/0   |                           |
      join B owns=t/0,2 |                           |
      wait 0            | A: joined 1 range leads; B: joined 1 range |
      sync B            |                           |
      sync A A=t/0+t/1,8 B=t/1+x/0 | A: got t/0 t/1,8; B: got t/1 x/0 |
      enter C           | C: 2 = -                  | Reconciling 2: A/1 t/0,1; B/1 t/2; C 2 -
    `);
  });

  test('what a member may still own while it rebalances is not given to others', () => {
    classicPair().run(`
      join A owns=t/0,1 |                           |
      join B owns=t/2   | A: joined 3 range leads; B: joined 3 range |
      sync B            |                           |
      join B            | B: REBALANCE_IN_PROGRESS  | classic PreparingRebalance: A -; B -
      enter C           | B: REBALANCE_IN_PROGRESS; C: 4 = - | Reconciling 4: A/3 t/0,1; B/3 -; C 4 -
    `);
  });

  test('a static member may come back with the consumer protocol', () => {
    new MixedScript().run(`
      join A@one        |                           |
      join B@two        |                           |
      wait 0            | A: joined 1 range leads; B: joined 1 range |
      sync B            |                           |
      sync A A=t/0,1 B=t/2 | A: got t/0,1; B: got t/2 |
      forget B          |                           |
      enter B           | B: 2 = t/2                | Reconciling 2: A/1 t/0,1; B 2 t/2
      join A            | A: joined 2 range         | Stable 2: A/2 t/0,1; B 2 t/2
    `);
  });
});

describe('a classic group stays what it is', () => {
  const REFUSED = 'enter C | C: GROUP_ID_NOT_FOUND | classic Stable: A t/0,1; B t/2';

  test('where the policy does not allow it', () => {
    classicPair({ migrationPolicy: 'disabled' }).run(REFUSED);
    classicPair({ migrationPolicy: 'downgrade' }).run(REFUSED);
  });

  test('when it is larger than a consumer group may be', () => {
    classicPair({ consumer: { ...SETTINGS.consumer, maxSize: 1 } }).run(REFUSED);
    classicPair({ consumer: { ...SETTINGS.consumer, maxSize: 2 } }).run(
      'enter C | C: GROUP_MAX_SIZE_REACHED | classic Stable: A t/0,1; B t/2',
    );
  });

  test('when a member asks for what is not served', () => {
    classicPair().run(`
      enter C assignor=x | C: UNSUPPORTED_ASSIGNOR        |
      enter C regex=[    | C: INVALID_REGULAR_EXPRESSION  | classic Stable: A t/0,1; B t/2
      beat A             | A: ok                          |
    `);
  });

  test('when it is of another type', () => {
    new MixedScript().run(`
      join A type=connect |                          |
      wait 0              | A: joined 1 range leads  |
      sync A A=t/0        | A: got t/0               |
      enter C             | C: GROUP_ID_NOT_FOUND    | classic Stable: A t/0
    `);
  });

  test('when a subscription or an assignment cannot be read', () => {
    new MixedScript().run(`
      join A topics=?     |                          |
      wait 0              | A: joined 1 range leads  |
      sync A A=t/0        | A: got t/0               |
      enter C             | C: GROUP_ID_NOT_FOUND    | classic Stable: A t/0
    `);
    new MixedScript().run(`
      join A              |                          |
      wait 0              | A: joined 1 range leads  |
      sync A A=?          | A: got ?                 |
      enter C             | C: GROUP_ID_NOT_FOUND    | classic Stable: A ?
    `);
  });

  test('when its events are too many for one batch: nobody is told anything', () => {
    const script = classicPair({ maxEventBytes: 700 });
    script.run(`
      join A              |                          |
      enter C             | C: UNKNOWN_SERVER_ERROR  | classic PreparingRebalance: A t/0,1; B t/2
      join B              | A: joined 3 range leads; B: joined 3 range |
    `);
    expect(script.world.waiting).toBe(0);
  });
});
