/** What the first bytes of a program file say it was built for. */
export type Built =
  | { readonly kind: "native"; readonly system: "elf" | "mach-o" | "pe"; readonly machine: string }
  | { readonly kind: "script" }
  | { readonly kind: "unknown" };

/** How many bytes `builtFor` looks at. */
export const headBytes = 20;

export function builtFor(head: Buffer): Built {
  if (head.subarray(0, 2).equals(Buffer.from("#!"))) return { kind: "script" };
  if (head.subarray(0, 2).equals(Buffer.from("MZ"))) return { kind: "native", system: "pe", machine: "?" };
  if (head.length < headBytes) return { kind: "unknown" };
  if (head.readUInt32BE(0) === 0x7f_45_4c_46) {
    const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
    return { kind: "native", system: "elf", machine: elfMachines[machine] ?? "?" };
  }
  if (head.readUInt32LE(0) === 0xfe_ed_fa_cf) {
    return { kind: "native", system: "mach-o", machine: machMachines[head.readUInt32LE(4)] ?? "?" };
  }
  return { kind: "unknown" };
}

/** False for a program of another processor or system. Left to the system, a shell would try to read it. */
export function fitsMachine(built: Built, platform: string, arch: string): boolean {
  if (built.kind !== "native") return true;
  const system = platform === "darwin" ? "mach-o" : platform === "win32" ? "pe" : "elf";
  if (built.system !== system) return false;
  return built.machine === "?" ? built.system !== "elf" : built.machine === arch;
}

/** Numbers of the ELF and Mach-O headers, as the names Node gives the processors. */
const elfMachines: Readonly<Record<number, string>> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64" };
const machMachines: Readonly<Record<number, string>> = { 16777223: "x64", 16777228: "arm64" };
