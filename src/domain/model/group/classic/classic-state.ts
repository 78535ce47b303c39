/**
 * The states of a classic group, as in Kafka's ClassicGroupState:
 *
 *     Empty                no members; offsets may be left
 *       action             join: parks; heartbeat, sync, leave: UNKNOWN_MEMBER_ID; commits of generation -1: taken
 *       transition         first join => PreparingRebalance
 *                          removed by DeleteGroups, or when its last offset expired => Dead
 *     PreparingRebalance   members are asked to join again
 *       action             heartbeat, sync: REBALANCE_IN_PROGRESS; join: parks; commits of the last generation: taken;
 *                          a member that was silent too long, or leaves, is removed
 *       transition         all members, and nobody else, have joined, or the rebalance timeout is over: those who have not
 *                          are removed, except static ones => CompletingRebalance
 *                          nobody is left => Empty
 *     CompletingRebalance  the leader works out who gets what
 *       action             sync: parks; heartbeat: taken; commit: REBALANCE_IN_PROGRESS
 *       transition         the leader's sync => Stable
 *                          a member joins, joins with other protocols, leaves, or is silent too long, or one that has not
 *                          synced when the rebalance timeout is over => PreparingRebalance
 *     Stable               every member has its assignment, or gets it when it syncs
 *       action             sync: answered with the assignment; heartbeat, commit: taken; join of a follower with the same
 *                          protocols, or of a static member in place of its older self: answered with the generation
 *       transition         a member joins, the leader joins again, a follower joins with other protocols, a member leaves, is
 *                          silent too long, or has not synced in time => PreparingRebalance
 *     any with members     a member of the consumer protocol joins => a consumer group (migration/upgrade.ts); when that is left
 *                          by the last such member, the others are in PreparingRebalance, and nobody leads
 *     Dead                 not here: never was, deleted, or its coordinator has stopped
 *       action             join with a new member id: a new group; anything else: UNKNOWN_MEMBER_ID
 */
export type ClassicState =
  'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';
