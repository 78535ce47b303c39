import type { ConfigSource } from '../../../../domain/model/cluster/broker-config.ts';
import type {
  ConfigOperation,
  ResourceType,
} from '../../../../domain/model/cluster/config-change.ts';
import type { SettingType } from '../../../../domain/model/config/setting.ts';

/** ConfigResource.Type; what has another number is UNKNOWN. */
export const RESOURCE_TYPE_CODES: Readonly<Record<ResourceType, number>> = {
  UNKNOWN: 0,
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
};

/** AlterConfigOp.OpType (KIP-339); UNKNOWN stands for every other number and is never sent. */
const OPERATIONS: readonly ConfigOperation[] = ['SET', 'DELETE', 'APPEND', 'SUBTRACT'];

/** DescribeConfigsResponse.ConfigSource (KIP-226). */
export const CONFIG_SOURCE_CODES: Readonly<Record<ConfigSource, number>> = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
};

/** DescribeConfigsResponse.ConfigType (KIP-569). */
export const SETTING_TYPE_CODES: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
};

const RESOURCE_TYPES = new Map(
  Object.entries(RESOURCE_TYPE_CODES).map(([type, code]) => [code, type as ResourceType]),
);

export function resourceTypeOf(code: number): ResourceType {
  return RESOURCE_TYPES.get(code) ?? 'UNKNOWN';
}

export function configOperationOf(code: number): ConfigOperation {
  return OPERATIONS[code] ?? 'UNKNOWN';
}
