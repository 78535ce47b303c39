/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const HOST_AND_PORT = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/;
const PORT_MAX = 65_535;

/** Reads `host:port` or `[address]:port`, several with commas between; null when any of them is not one. */
export function parseBootstrap(text: string): Address[] | null {
  const addresses: Address[] = [];
  for (const one of text.split(',')) {
    const [, address, host, digits] = HOST_AND_PORT.exec(one.trim()) ?? [];
    const port = Number(digits);
    if (!(port >= 1 && port <= PORT_MAX)) return null;
    addresses.push({ host: (address ?? host)!, port });
  }
  return addresses;
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
