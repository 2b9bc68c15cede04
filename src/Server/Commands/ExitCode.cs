namespace Unkey.Server.Commands;

/// <summary>What the process answers to its caller. Stable: scripts and service managers read them.</summary>
internal static class ExitCode
{
    /// <summary>Done; for the server: drained and stopped on request.</summary>
    public const int Ok = 0;

    /// <summary>It was understood and could not be done; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the environment is wrong; every problem is on standard error and nothing was touched.</summary>
    public const int Usage = 2;
}
