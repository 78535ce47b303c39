import { IncomingMessage } from 'node:http';

type IsTaken = (request: IncomingMessage) => boolean;

/**
 * The requests of a server that takes some offers to speak another protocol (RFC 9110, 7.8). Node hands over the connection of whoever
 * makes one, and throws the body away: so that an offer that is not taken, such as that of Java's clients who would rather speak
 * HTTP/2, is not one for Node, which then reads the request like any other.
 */
export function requestsTaking(isTaken: IsTaken): typeof IncomingMessage {
  return class extends IncomingMessage {
    /** Set by the constructor above, before a field of this class would be there. */
    declare private offers: boolean | null;

    // Set before the headers are known, and asked for after.
    get upgrade(): boolean {
      if (this.offers !== true) return false;
      return this.method === 'CONNECT' || isTaken(this);
    }
    set upgrade(offers: boolean | null) {
      this.offers = offers;
    }
  };
}

/** Whether it asks for a WebSocket (RFC 6455, 4.1). */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}
