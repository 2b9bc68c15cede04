using System;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.Analytics.Rows;

/// <summary>The rows of an answer, written. Immutable.</summary>
/// <param name="json">A JSON array of objects.</param>
internal sealed class AnalyticsRows(ReadOnlyMemory<byte> json) : IResponseData
{
    /// <summary>What <see cref="WriteTo"/> writes.</summary>
    public static SchemaNode Schema { get; } = SchemaNode.ListOf(
        SchemaNode.AnyObject(int.MaxValue).Described("A row: a member for each column of the query, by its name."))
        .Described("The rows; empty when there are none.");

    /// <summary>The rows as JSON.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer) => writer.WriteRawValue(json.Span, skipInputValidation: true);
}
