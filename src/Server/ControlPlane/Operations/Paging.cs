using System;
using System.Collections.Generic;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Pages of lists that are in the order of their ids. Stateless.</summary>
internal static class Paging
{
    /// <summary>Page size of most lists when the request names none.</summary>
    public const int DefaultSize = 100;

    /// <summary>The page of a list, and where the next one starts.</summary>
    /// <param name="rows">The rows from the cursor on: one more than the page has, if there are as many.</param>
    /// <param name="size">Page size.</param>
    /// <param name="cursor">Cursor of a row.</param>
    /// <param name="show">What to show of a row.</param>
    public static OperationResult Page<T>(IReadOnlyList<T> rows, int size, Func<T, string> cursor, Func<T, IResponseData> show)
    {
        List<IResponseData> shown = new(int.Min(size, rows.Count));
        for (int i = 0; i < rows.Count && i < size; i++)
        {
            shown.Add(show(rows[i]));
        }

        // The row beyond the page is where the next page starts.
        return OperationResult.List(shown, rows.Count > size ? cursor(rows[size]) : null);
    }
}
