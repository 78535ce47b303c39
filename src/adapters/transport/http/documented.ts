import { jsonSchemaTransform } from 'fastify-type-provider-zod';

const FAILURE = {
  type: 'object',
  properties: {
    error_code: {
      type: 'integer',
      description: 'The status, and two digits more where there is more to say.',
    },
    message: { type: 'string' },
  },
  required: ['error_code', 'message'],
};
const FAILED = {
  description: 'Why it failed',
  content: { 'application/json': { schema: FAILURE } },
};

/** A route as the OpenAPI document has it: every one may fail, and fails with the same body. */
export const documented: typeof jsonSchemaTransform = route => {
  const { schema, url } = jsonSchemaTransform(route);
  if (schema === undefined || schema.hide === true) return { schema, url };
  const answers: object = schema.response ?? { 200: anything(schema.produces) };
  return { schema: { ...schema, response: { ...answers, default: FAILED } }, url };
};

/** An answer that no schema describes, in these types. */
function anything(types: unknown) {
  const produces = (types ?? ['application/json']) as string[];
  const content = Object.fromEntries(produces.map(type => [type, { schema: {} }]));
  return { description: 'The answer', content };
}

const status = {
  description: 'The state of the broker: starting, ready or stopping',
  content: {
    'application/json': {
      schema: {
        type: 'object' as const,
        properties: { status: { enum: ['starting', 'ready', 'stopping'] } },
        required: ['status'],
      },
    },
  },
};

/** A health check, which is answered in every state of the broker, before any route is looked for. */
export function healthCheck(summary: string, codes: readonly number[]) {
  const responses = Object.fromEntries(codes.map(code => [code, status]));
  return { get: { tags: ['Health'], summary, responses } };
}
