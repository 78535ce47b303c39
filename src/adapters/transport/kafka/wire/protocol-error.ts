/** The peer broke the protocol: what it sent cannot be read. Its connection is closed, nothing of the frame is executed. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
