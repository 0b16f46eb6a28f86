export function collector() {}
