using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>What a handler decided: data for the 200, or a refusal. Immutable value.</summary>
internal readonly struct OperationResult
{
    private OperationResult(IResponseData? data, Page? page, ApiError? error)
    {
        Data = data;
        Page = page;
        Error = error;
    }

    private OperationResult(ColdResponse rendered) => Rendered = rendered;

    /// <summary>A whole answer, from an operation that writes its own.</summary>
    public ColdResponse? Rendered { get; }

    /// <summary>The data of a success; <see langword="null"/> when refused, and for <see cref="WithoutData"/>.</summary>
    public IResponseData? Data { get; }

    /// <summary>Position in a list, on list endpoints.</summary>
    public Page? Page { get; }

    /// <summary>The refusal; <see langword="null"/> on success.</summary>
    public ApiError? Error { get; }

    /// <summary>A success whose data is <c>{}</c>.</summary>
    public static OperationResult Empty { get; } = new(EmptyData.Instance, null, null);

    /// <summary>A success whose answer has no member <c>data</c>.</summary>
    public static OperationResult WithoutData { get; } = new(null, null, null);

    /// <summary>A success.</summary>
    public static OperationResult Success(IResponseData data) => new(data, null, null);

    /// <summary>A page of a list; the cursor is absent on the last page.</summary>
    public static OperationResult List(IReadOnlyList<IResponseData> rows, string? cursor) => new(new ListData(rows), new Page(cursor), null);

    /// <summary>A refusal.</summary>
    public static OperationResult Refused(ApiError error) => new(null, null, error);

    /// <summary>A refusal.</summary>
    public static OperationResult Refused(ErrorCode code, string detail) => Refused(new ApiError(code, detail));

    /// <summary>A whole answer.</summary>
    public static OperationResult Whole(ColdResponse response) => new(response);

    /// <summary>A refusal, where a handler returns one directly.</summary>
    public static implicit operator OperationResult(ApiError error) => Refused(error);
}
