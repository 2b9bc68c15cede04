using Microsoft.Extensions.Logging;

namespace Unkey.Server.Diagnostics;

/// <summary>Every log entry of the host, with a stable id: 1xxx life cycle. Other areas keep theirs beside their code (2xxx transport, 3xxx store and control plane).</summary>
/// <remarks>No entry takes a key, a digest or a body. Values are escaped by the formatters.</remarks>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "unkey {Version} starting: {Runtime}, SQLite {Sqlite}, {Threads} threads, {Transport} transport, process {ProcessId}")]
    public static partial void Starting(ILogger logger, string version, string runtime, string sqlite, int threads, string transport, int processId);

    [LoggerMessage(1001, LogLevel.Information, "Ready: API on {Scheme}://{Listen}, admin {Admin}, {ElapsedMs} ms after the start")]
    public static partial void Ready(ILogger logger, string scheme, string listen, string admin, long elapsedMs);

    [LoggerMessage(1002, LogLevel.Information, "{Signal} received: draining for up to {DrainSeconds} s; a second signal stops at once")]
    public static partial void Draining(ILogger logger, string signal, double drainSeconds);

    [LoggerMessage(1003, LogLevel.Information, "Stopped after {ElapsedMs} ms")]
    public static partial void Stopped(ILogger logger, long elapsedMs);

    [LoggerMessage(1004, LogLevel.Warning, "The drain timeout passed with requests still in flight; they are cut off")]
    public static partial void DrainTimedOut(ILogger logger);

    [LoggerMessage(1010, LogLevel.Warning, "{Option} is on the command line, where every local user can read it; use {Instead}")]
    public static partial void SecretOnCommandLine(ILogger logger, string option, string instead);

    [LoggerMessage(1011, LogLevel.Warning,
        "The admin listener {Admin} can be reached from other machines: its token travels in plain text, and /health asks for none; keep it inside a private network")]
    public static partial void AdminNotLoopback(ILogger logger, string admin);

    [LoggerMessage(1012, LogLevel.Warning, "Keys travel in plain text on {Listen}; give --tls-cert and --tls-key, or put a TLS proxy in front of it, when clients are on other machines")]
    public static partial void PlainHttpBeyondLoopback(ILogger logger, string listen);

    [LoggerMessage(1013, LogLevel.Warning, "--max-connections {Wanted} needs more descriptors than the limit of {DescriptorLimit} allows; serving at most {Given}")]
    public static partial void ConnectionsLowered(ILogger logger, int wanted, long descriptorLimit, int given);

    [LoggerMessage(1014, LogLevel.Warning, "--test-mode is on: requests set their own time with X-Test-Time")]
    public static partial void TestMode(ILogger logger);

    [LoggerMessage(1015, LogLevel.Warning, "{Variable} is set but is no setting; did you mean {Suggestion}?")]
    public static partial void UnknownVariable(ILogger logger, string variable, string suggestion);

    [LoggerMessage(1016, LogLevel.Warning, "Core dumps could not be turned off: {Reason}")]
    public static partial void CoreDumpsOn(ILogger logger, string reason);

    [LoggerMessage(1020, LogLevel.Critical, "The server stops: {Reason}")]
    public static partial void Fatal(ILogger logger, string reason);
}
