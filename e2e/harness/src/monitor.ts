import { get } from "node:http";

/** What the tests read of the server's monitoring pages. */
export interface Connz {
  readonly connections: readonly {
    readonly cid: number;
    readonly name?: string;
    readonly ip: string;
    readonly port: number;
    readonly subscriptions: number;
  }[];
}

export interface Jsz {
  readonly account_details?: readonly {
    readonly name: string;
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly consumer_detail?: readonly { readonly name: string }[];
    }[];
  }[];
}

export interface Varz {
  readonly config_load_time: string;
  readonly server_id: string;
}

/** Asks one page. Its connection ends with the answer, so that asking leaves no handle. */
export function askMonitor<Page>(url: string, path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}${path}`, { agent: false, timeout: 10_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
        else reject(new Error(`${path} answered ${response.statusCode}`));
      });
    });
    request.once("timeout", () => request.destroy(new Error(`${path} did not answer in 10 s`)));
    request.once("error", reject);
  });
}
