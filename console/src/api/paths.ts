/** Where things are on the server; names come from strangers and are encoded. */

const part = encodeURIComponent;

export function topicPath(topic: string): string {
  return `/v1/topics/${part(topic)}`;
}

export function recordsPath(topic: string, query: Record<string, string | number>): string {
  return `${topicPath(topic)}/records?${queryText(query)}`;
}

export function groupPath(group: string): string {
  return `/v1/groups/${part(group)}`;
}

export function tailPath(topic: string, query: Record<string, string | number>): string {
  return `/topics/${part(topic)}/tail?${queryText(query)}`;
}

export function restTopicsPath(clusterId: string): string {
  return `/v3/clusters/${part(clusterId)}/topics`;
}

export function restTopicPath(clusterId: string, topic: string): string {
  return `${restTopicsPath(clusterId)}/${part(topic)}`;
}

function queryText(query: Record<string, string | number>): string {
  return new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, String(value)]),
  ).toString();
}
