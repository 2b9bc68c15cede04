using System;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>ClickHouse has refused or ended a query.</summary>
/// <param name="code">Its code of the error.</param>
/// <param name="message">The first line of its message, which may hold parts of the query.</param>
internal sealed class ClickHouseException(int code, string message) : Exception(message)
{
    /// <summary>Its code of the error.</summary>
    public int Code { get; } = code;
}
