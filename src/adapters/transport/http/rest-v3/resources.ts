import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** A link to another resource. */
export const related = z.object({ related: z.string() });

const metadata = z.object({ self: z.string(), resource_name: z.string() });

/** Schema of a resource, as Confluent's REST API v3 shows one. */
export function resource<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  shape: Shape,
) {
  return z.object({ kind: z.literal(kind), metadata, ...shape });
}

/** Schema of a list of resources: of one page, which holds them all. */
export function resourceList<const Kind extends string, Item extends z.ZodType>(
  kind: Kind,
  item: Item,
) {
  return z.object({
    kind: z.literal(kind),
    metadata: z.object({ self: z.string(), next: z.string().nullable() }),
    data: z.array(item),
  });
}

/** Names resources for one request: by the address that its client came to. */
export class ResourceNames {
  readonly #root: string;

  constructor(request: FastifyRequest) {
    this.#root = `${request.protocol}://${request.host}/v3`;
  }

  /** The URL of `clusters/1/topics/a`, given as its parts. */
  url(...path: readonly (string | number)[]): string {
    return [this.#root, ...path.map(part => encodeURIComponent(part))].join('/');
  }

  related(...path: readonly (string | number)[]): { related: string } {
    return { related: this.url(...path) };
  }

  /** Confluent's resource name: `crn:///kafka=1/topic=a` from the pairs of its path. */
  metadata(...path: readonly (string | number)[]): { self: string; resource_name: string } {
    const pairs: string[] = [];
    for (let at = 0; at + 1 < path.length; at += 2) {
      const kind = path[at] === 'clusters' ? 'kafka' : String(path[at]).replace(/s$/, '');
      pairs.push(`${kind}=${path[at + 1]}`);
    }
    return { self: this.url(...path), resource_name: `crn:///${pairs.join('/')}` };
  }

  listMetadata(...path: readonly (string | number)[]): { self: string; next: null } {
    return { self: this.url(...path), next: null };
  }
}
