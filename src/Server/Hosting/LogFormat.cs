namespace Unkey.Server.Hosting;

/// <summary>How log entries are written to standard output (<c>--log-format</c>).</summary>
public enum LogFormat
{
    /// <summary>Text on a terminal, JSON lines otherwise.</summary>
    Auto = 0,

    /// <summary>One JSON object a line.</summary>
    Json = 1,

    /// <summary>One readable line an entry, coloured on a terminal.</summary>
    Text = 2,
}
