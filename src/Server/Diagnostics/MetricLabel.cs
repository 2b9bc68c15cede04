namespace Unkey.Server.Diagnostics;

/// <summary>One label of a sample. Immutable value; both parts are constants of this program, never a client's text.</summary>
/// <param name="Name">Name, such as <c>endpoint</c>.</param>
/// <param name="Value">Value, such as <c>keys.verifyKey</c>.</param>
internal readonly record struct MetricLabel(string Name, string Value);
