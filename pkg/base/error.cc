// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <system_error>

#include "base/code_table.h"

namespace osbx {
namespace {

Code CodeOfErrno(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kExhausted;
    case ETIMEDOUT:
      return Code::kDeadlineExceeded;
    case EBUSY:
    case ENOTEMPTY:
      return Code::kFailedPrecondition;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ECONNABORTED:
    case EAGAIN:
    case EINTR:
      return Code::kUnavailable;
    case EINVAL:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
      return Code::kInvalid;
    case ENOSYS:
    case EOPNOTSUPP:
      return Code::kUnimplemented;
    default:
      return Code::kInternal;
  }
}

}  // namespace

std::string_view CodeName(Code code) {
  return RowOf(code).name;
}

Error Error::FromErrno(int os_errno, std::string_view what) {
  Error error(CodeOfErrno(os_errno),
              std::string(what) + ": " + std::generic_category().message(os_errno));
  error.os_errno_ = os_errno;
  return error;
}

Error Error::WithHttpStatus(int status) && {
  http_status_ = status;
  return std::move(*this);
}

Error Error::WithCauses(std::vector<Cause> causes) && {
  causes_ = std::move(causes);
  return std::move(*this);
}

Error Error::WithCode(Code code) && {
  code_ = code;
  return std::move(*this);
}

Error Error::WithDetails(StatusDetails details) && {
  details_ = std::make_shared<const StatusDetails>(std::move(details));
  return std::move(*this);
}

Error Error::Wrap(std::string_view context) && {
  message_ = std::string(context) + ": " + message_;
  return std::move(*this);
}

std::string Error::ToString() const {
  return std::string(CodeName(code_)) + ": " + message_;
}

}  // namespace osbx
