/** A topic as far as groups look at it. */
export interface GroupTopic {
  readonly id: string;
  readonly name: string;
  readonly partitionCount: number;
  /** Internal topics are never in a regular expression, as clients that match for themselves leave them out too. */
  readonly internal: boolean;
}

/** The topics of the cluster as they are now; ClusterMetadata is one. */
export interface GroupTopics {
  /** Another number whenever a topic came, went or grew. */
  readonly version: number;
  topicNamed(name: string): GroupTopic | undefined;
  topicWithId(id: string): GroupTopic | undefined;
  topics(): Iterable<GroupTopic>;
}

/** A regular expression that is ready for use, or why there is none. */
export type CompiledRegex =
  | { readonly kind: 'compiled'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'invalid'; readonly problem: string };

/** In time that grows with the length of the name alone, whatever the expression; a match is of the whole name. */
export type CompileRegex = (expression: string) => CompiledRegex;

/** Kafka's group.consumer.*, and those of a group where it has its own. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly maxSize: number;
  /** The assignors that are served, by name; the first is taken when nobody asks. */
  readonly assignors: readonly string[];
}

/** Everything a decision depends on beside the group. */
export interface GroupEnvironment {
  readonly nowMs: number;
  readonly topics: GroupTopics;
  readonly settings: ConsumerGroupSettings;
  readonly compileRegex: CompileRegex;
  /** An id for a member that brought none. */
  readonly newMemberId: () => string;
}
