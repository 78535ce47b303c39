import { attempt, SUCCESS, type Outcome } from '../model/outcome.ts';
import type { Resource } from '../model/cluster/config-change.ts';
import { describeResource, type ConfigDescription } from '../model/cluster/config-description.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';

/** A resource, and the names of the settings asked for; null or none asks for all. */
export interface ConfigQuery extends Resource {
  readonly names: readonly string[] | null;
}

export interface DescribeConfigsResult extends Outcome {
  readonly resource: Resource;
  readonly configs: readonly ConfigDescription[];
}

/** Shows settings with their values, where these come from, and what they mean. A name that is none is left out, as in Kafka. */
export class DescribeConfigs {
  readonly #state: ClusterMetadata;
  readonly #brokerId: number;

  constructor(state: ClusterMetadata, brokerId: number) {
    this.#state = state;
    this.#brokerId = brokerId;
  }

  execute(queries: readonly ConfigQuery[]): DescribeConfigsResult[] {
    return queries.map(query => this.#describe(query));
  }

  #describe({ type, name, names }: ConfigQuery): DescribeConfigsResult {
    const resource = { type, name };
    const context = { state: this.#state, brokerId: this.#brokerId };
    return attempt(
      (): DescribeConfigsResult => {
        const configs = describeResource(resource, context).filter(config => {
          return names === null || names.length === 0 || names.includes(config.name);
        });
        return { resource, configs, ...SUCCESS };
      },
      outcome => ({ resource, configs: [], ...outcome }),
    );
  }
}
