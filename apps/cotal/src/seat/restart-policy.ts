export const restartPolicies = ["never", "on-failure", "always"] as const;
/** When an agent that has ended by itself is started again. */
export type RestartPolicy = (typeof restartPolicies)[number];
