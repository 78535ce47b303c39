import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ConfigChange, Resource } from '../../../../domain/model/cluster/config-change.ts';
import type { ConfigDescription } from '../../../../domain/model/cluster/config-description.ts';
import { expectNoError, HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { listStream } from '../list-stream.ts';
import { resource, resourceList, ResourceNames } from './resources.ts';

/** What a path to settings names; each kind of settings has some of it. */
export interface ConfigPath {
  readonly clusterId: string;
  readonly topic?: string;
  readonly brokerId?: number;
}

/** The settings of one kind of resource. */
export interface ConfigKind {
  /** Confluent's name for one setting, such as `KafkaTopicConfig`. */
  readonly kind: string;
  /** Schema of what tells settings of this kind apart, such as the topic's name, and its value. */
  readonly owner: z.ZodRawShape;
  readonly ownerOf: (resource: Resource) => Record<string, string | number>;
  /** The path of a resource's settings, in parts. */
  readonly pathOf: (resource: Resource) => readonly (string | number)[];
}

const synonym = z.object({ name: z.string(), value: z.string().nullable(), source: z.string() });

/** Shows and changes the settings of one kind of resource. */
export class ConfigResources {
  readonly #parts: HttpParts;
  readonly #kind: ConfigKind;

  constructor(parts: HttpParts, kind: ConfigKind) {
    this.#parts = parts;
    this.#kind = kind;
  }

  /** Schema of one setting. */
  get schema() {
    return resource(this.#kind.kind, {
      cluster_id: z.string(),
      ...this.#kind.owner,
      name: z.string(),
      value: z.string().nullable(),
      is_default: z.boolean(),
      is_read_only: z.boolean(),
      is_sensitive: z.boolean(),
      source: z.string(),
      synonyms: z.array(synonym).readonly(),
    });
  }

  get listSchema() {
    return resourceList(`${this.#kind.kind}List`, this.schema);
  }

  /** Throws for a resource that is not there. */
  list(request: FastifyRequest, owner: Resource) {
    const names = new ResourceNames(request);
    return {
      ...this.#head(names, this.#kind.pathOf(owner)),
      data: this.#describe(owner, null).map(config => this.#shown(names, owner, config)),
    };
  }

  /** The settings of many resources, those left out that went meanwhile; `path` is that of the list. */
  stream(request: FastifyRequest, owners: readonly Resource[], path: readonly string[]): Readable {
    const names = new ResourceNames(request);
    return listStream(this.#head(names, path), this.#each(names, owners));
  }

  *#each(names: ResourceNames, owners: readonly Resource[]): Generator<object> {
    for (const owner of owners) {
      const query = { ...owner, names: null };
      const [answer] = this.#parts.useCases.describeConfigs.execute([query]);
      for (const config of answer!.configs) yield this.#shown(names, owner, config);
    }
  }

  #head(names: ResourceNames, path: readonly (string | number)[]) {
    const kind = `${this.#kind.kind}List` as const;
    return { kind, metadata: names.listMetadata(...path) };
  }

  /** Throws for a resource or a setting that is not there. */
  one(request: FastifyRequest, owner: Resource, name: string) {
    const [config] = this.#describe(owner, [name]);
    if (!config) throw new HttpError(40401, `there is no setting ${name}`);
    return this.#shown(new ResourceNames(request), owner, config);
  }

  /** Throws why the settings cannot be changed; none is then. */
  async alter(
    owner: Resource,
    changes: readonly ConfigChange[],
    validateOnly = false,
  ): Promise<void> {
    const [result] = await this.#parts.useCases.alterConfigs.execute({
      mode: 'incremental',
      resources: [{ resource: owner, changes }],
      validateOnly,
    });
    expectNoError(result!.error, result!.message);
  }

  #describe(owner: Resource, names: readonly string[] | null): readonly ConfigDescription[] {
    const [answer] = this.#parts.useCases.describeConfigs.execute([{ ...owner, names }]);
    expectNoError(answer!.error, answer!.message);
    return answer!.configs;
  }

  #shown(names: ResourceNames, owner: Resource, config: ConfigDescription) {
    const { kind, ownerOf, pathOf } = this.#kind;
    return {
      kind,
      metadata: names.metadata(...pathOf(owner), config.name),
      cluster_id: this.#parts.clusterId,
      ...ownerOf(owner),
      name: config.name,
      value: config.sensitive ? null : config.value,
      is_default: config.source === 'DEFAULT_CONFIG',
      is_read_only: config.readOnly,
      is_sensitive: config.sensitive,
      source: config.source,
      synonyms: config.synonyms,
    };
  }
}
