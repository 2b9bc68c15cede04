using System;
using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>Pages of v1: the cursor is the last row that has been shown, and the number of all rows is told. Stateless.</summary>
internal static class V1Paging
{
    /// <summary>How many rows to read from the cursor on: the store counts the cursor in, v1 does not, and one more tells whether there is another page.</summary>
    /// <param name="size">Page size.</param>
    public static int RowsFor(int size) => size + 2;

    /// <summary>The page.</summary>
    /// <param name="member">Name of the list in the answer.</param>
    /// <param name="rows">Rows from the cursor on, <see cref="RowsFor"/> of them if there are as many.</param>
    /// <param name="size">Page size.</param>
    /// <param name="cursor">The request's cursor; empty for none.</param>
    /// <param name="total">Number of all rows.</param>
    /// <param name="id">Id of a row.</param>
    /// <param name="show">What to show of a row.</param>
    public static OperationResult Page<T>(
        string member, List<T> rows, int size, string cursor, long total, Func<T, string> id, Func<T, IResponseData> show)
    {
        if (rows.Count > 0 && id(rows[0]) == cursor)
        {
            rows.RemoveAt(0);
        }

        bool hasMore = rows.Count > size;
        List<T> page = rows.GetRange(0, int.Min(rows.Count, size));
        return OperationResult.Success(new Data(member, page.ConvertAll(row => show(row)), hasMore ? id(page[^1]) : null, total));
    }

    private sealed class Data(string member, List<IResponseData> rows, string? cursor, long total) : IResponseData
    {
        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WritePropertyName(member);
            new ListData(rows).WriteTo(writer);
            V1Members.WriteText(writer, "cursor", cursor);
            writer.WriteNumber("total"u8, total);
            writer.WriteEndObject();
        }
    }
}
