/** What front ends say of kinds of boards. */

export { isOptional, profileNames, profiles } from "../protocol/bootp/profiles";
