/** Where a packet comes from or goes to. */

/** An IPv4 or IPv6 address, and a port of UDP or TCP. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}
