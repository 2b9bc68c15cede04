using System.Collections.Generic;
using System.Text.Json;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>The data of a list operation: an array, <c>[]</c> when empty.</summary>
/// <param name="rows">The items in order.</param>
internal sealed class ListData(IReadOnlyList<IResponseData> rows) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (IResponseData row in rows)
        {
            row.WriteTo(writer);
        }

        writer.WriteEndArray();
    }
}
