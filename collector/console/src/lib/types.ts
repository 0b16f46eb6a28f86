// SPDX-License-Identifier: Apache-2.0
// What the API answers (docs: /api/v1/openapi.json, the schemas of the same names).
export type Role = "viewer" | "analyst" | "admin";
export type IncidentState = "open" | "acknowledged" | "confirmed" | "contained" | "recovering" | "closed" | "rejected" | "merged";
export type SensorWord = "normal" | "doubtful" | "loss" | "one_way" | "isolated" | "overloaded" | "blind" | "stopped" | "silent" | "new" | "waiting" | "revoked";

export interface Me { as_of: string; user: string; full_name: string; role: Role; csrf: string; has_password: boolean; version: string }
export interface Group {
  id: number; gid: number; sid: number; signature: string; title_vi: string; title_en: string; category: string; technique: string; kind: string;
  severity: number; attacker: string; victim: string; sensor: string; system: string; system_level: number; first: string; last: string; arrived: string;
  count: number; state: "undecided" | "incident" | "dismissed"; decided_by: string; reason: string; decided_at?: string; owner: string; owner_name: string;
  incident: string; version: number; sources: number; targets: number; is_partial: boolean; hours: number[];
}
export interface GroupList { as_of: string; groups: Group[]; is_partial: boolean; took_ms: number }
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export interface Alert {
  id: number; group: number; number: number; sid: number; severity: number; packet_time: string; basis: string; arrived: string; is_corrected: boolean;
  eve: { [key: string]: Json } | null;
}
export interface GroupDetail { as_of: string; group: Group; samples: Alert[]; related?: { number: string; title: string; opened: string } }
export interface Duty {
  pack: string; pack_version: string; id: string; title_vi: string; title_en: string; form: string;
  state: "pending" | "running" | "satisfied" | "late" | "satisfied_late"; start: string | null; due: string | null; satisfied_at: string | null;
  warnings: string[]; is_provisional: boolean;
}
export interface OpenDuty { incident: string; title: string; severity: number; duty: Duty }
export interface DutyList { as_of: string; duties: OpenDuty[] }
export interface Incident {
  number: string; title: string; summary: string; kind: string; kind_vi: string; kind_en: string; severity: number; state: IncidentState; state_since: string;
  opened: string; t0: string; t0_basis: string; owner: string; owner_name: string; opened_by: string; is_provisional: boolean; system: string;
  system_level: number; attacker: string; victim: string; cause: string; measures: string; lessons: string; contained_at: string | null;
  response_ended: string | null; reported_at: string | null; report_proof: string; alerts: number; groups: number; version: number; next: Duty | null;
}
export interface IncidentList { as_of: string; incidents: Incident[]; is_partial: boolean }
export interface Entry { sequence: number; at: string; kind: string; author: string; author_name: string; body: string; hash: string }
export interface Lack { field: string; vi: string; en: string }
export interface Move { to: IncidentState; lacks: Lack[] }
export interface IncidentDetail {
  as_of: string; incident: Incident; duties: Duty[]; timeline: Entry[]; chain: { is_intact: boolean; entries: number; broken_at: number }; groups: Group[];
  moves: Move[]; observables: { type: string; value: string; count: number }[]; kinds: { id: string; vi: string; en: string }[];
}
export interface Health {
  packets: number; bytes: number; inspected: number; shunted: number; filtered: number; lost_card: number; lost_ring: number; lost_sensor: number; sums: boolean;
  one_way_ratio: number; missed_bytes_ratio: number; bits_per_second: number; packets_per_second: number; up_seconds: number; status: { [key: string]: Json };
}
export interface Sensor {
  name: string; site: string; state: string; word: SensorWord; key: string; software: string; created: string; last_seen?: string; stored: number; shed: number;
  pending: number; health: Health | null;
}
export interface SensorList { as_of: string; sensors: Sensor[] }
export interface Ledger { as_of: string; generated: number; stored: number; shed: number; pending: number; lanes: number; violations: string[]; unknown: string[] }
export interface User { name: string; full_name: string; role: Role; is_disabled: boolean; has_password: boolean; created: string }
export interface Person { name: string; full_name: string; role: Role }
export interface Status {
  as_of: string; version: string; up_seconds: number; alerts: number; undecided: number; undecided_by_severity: number[]; incidents_open: number; sensors: number;
  sensors_attention: number; last_change: number;
}
