/**
 * Whether every board on the served networks could be given an address, as it is told before the first start on one
 * (DESIGN §5). `free`: nothing leads out of them, and no other DHCP server answers. `taken`: that is not so.
 * `unasked`: it cannot be looked at now, or somebody has said already who is answered.
 */
export type EveryBoard =
  | { readonly kind: "free"; readonly pool: readonly string[] }
  | { readonly kind: "taken" }
  | { readonly kind: "unasked" };
