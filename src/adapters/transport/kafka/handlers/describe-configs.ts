import type { ConfigDescription } from '../../../../domain/model/cluster/config-description.ts';
import type { DescribeConfigs as DescribeConfigsUseCase } from '../../../../domain/use-cases/describe-configs.ts';
import {
  DescribeConfigs,
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
} from '../messages/describe-configs.ts';
import { serve, type ServedApi } from '../registry.ts';
import { CONFIG_SOURCE_CODES, resourceTypeOf, SETTING_TYPE_CODES } from './config-codes.ts';
import { errorCode } from './errors.ts';

type ConfigResponse = DescribeConfigsResponse['results'][number]['configs'][number];

/** Shows settings; synonyms (KIP-226) and documentation (v3, KIP-569) only to those who ask for them. */
export function describeConfigsHandler(describeConfigs: DescribeConfigsUseCase): ServedApi {
  return serve(DescribeConfigs, request => {
    const results = describeConfigs.execute(
      request.resources.map(({ resourceType, resourceName, configurationKeys }) => ({
        type: resourceTypeOf(resourceType),
        name: resourceName,
        names: configurationKeys,
      })),
    );
    return {
      throttleTimeMs: 0,
      results: request.resources.map(({ resourceType, resourceName }, at) => {
        const { error, message, configs } = results[at]!;
        return {
          errorCode: errorCode(error),
          errorMessage: message,
          resourceType,
          resourceName,
          configs: configs.map(config => configOf(config, request)),
        };
      }),
    };
  });
}

function configOf(config: ConfigDescription, request: DescribeConfigsRequest): ConfigResponse {
  const synonyms = request.includeSynonyms ? config.synonyms : [];
  return {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    configSource: CONFIG_SOURCE_CODES[config.source],
    isSensitive: config.sensitive,
    synonyms: synonyms.map(({ name, value, source }) => ({
      name,
      value,
      source: CONFIG_SOURCE_CODES[source],
    })),
    configType: SETTING_TYPE_CODES[config.type],
    documentation: request.includeDocumentation ? config.documentation : null,
  };
}
