using System;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.Analytics;

/// <summary>A query that is refused or cannot be finished; the only exception that leaves this folder. The message is for the caller.</summary>
/// <param name="code">What the answer says.</param>
/// <param name="detail">Wording for people; holds nothing but parts of the caller's own query.</param>
internal sealed class AnalyticsException(ErrorCode code, string detail) : Exception(detail)
{
    private const int ShownCharactersMax = 64;

    /// <summary>What the answer says.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>The query is beyond what is taken.</summary>
    public static AnalyticsException TooComplex() => Query("Analytics query is too complex");

    /// <summary>The query does not parse.</summary>
    public static AnalyticsException Syntax(string problem) => Query("Invalid SQL syntax: " + problem);

    /// <summary>The query parses and is refused.</summary>
    public static AnalyticsException Query(string detail) => new(ErrorCode.InvalidAnalyticsQuery, detail);

    /// <summary>The query reads what is not open to it.</summary>
    public static AnalyticsException Table(string name) =>
        new(ErrorCode.InvalidAnalyticsTable, $"Access to table '{Shown(name)}' is not allowed");

    /// <summary>The query calls what is not open to it.</summary>
    public static AnalyticsException Function(string name) =>
        new(ErrorCode.InvalidAnalyticsFunction, $"Function '{Shown(name)}' is not allowed");

    /// <summary>The query names no column.</summary>
    public static AnalyticsException UnknownIdentifier(string name) => Query($"Unknown identifier in analytics query: '{Shown(name)}'");

    /// <summary>Part of the caller's text, cut to what a person reads.</summary>
    public static string Shown(string text) => text.Length <= ShownCharactersMax
        ? text
        : text[..(char.IsHighSurrogate(text[ShownCharactersMax - 1]) ? ShownCharactersMax - 1 : ShownCharactersMax)] + "...";
}
