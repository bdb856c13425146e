// The page's words, in English and Korean.

const WORDS = {
  en: {
    skip: "Skip to the groups", pause: "Pause", resume: "Go on", theme: "Dark or light", leave: "Sign out", enter: "Sign in",
    token: "Bearer token of an analyst or operator", sale: "Sale", flow: "Flow", groups: "Groups", filter: "Filter", csv: "CSV", png: "Chart as PNG",
    chartCsv: "Chart as CSV",
    live: "live", old: "old", paused: "paused", stale: "Nothing new since", lost: "The console does not answer since",
    unknown: "Lag is not known", status: "Status", group: "Group", topic: "Topic", records: "Records", behind: "Behind", trend: "Trend",
    caughtUp: "Caught up in", slo: "Allowed", members: "Members", moved: "Last move", minute: "Last minute", partition: "Partition",
    position: "Position", stable: "Stable end", end: "End", owner: "Owner", remaining: "remaining", granted: "granted",
    redeemed: "redeemed", available: "available", claims: "Claims decided", rates: "Records/s written · read", orders: "Open orders", overdue: "overdue",
    paid: "Paid", refunded: "Given back", deadLetters: "Dead letters", unreadable: "Unreadable facts", worst: "Worst lag", warming: "still reading the log",
    secondsBehind: "seconds behind", select: "Show", refused: "The token was refused", ago: "ago", of: "of", won: "won",
    written: "records/s written", none: "no group reads anything yet",
    tap: "Tap a topic", tapHere: "Tap this topic", range: "Range", key: "Key", event: "Event", contains: "Contains", where: "Condition (CEL)",
    run: "Run", stop: "Stop", export: "Save as", record: "The record", time: "Time (UTC)", place: "Partition:offset", value: "Value",
    tombstone: "tombstone", "range-last": "the last", "range-all": "everything", "range-follow": "as they come", recordsShown: "records shown",
    dropped: "oldest dropped from the page", deletedUnread: "deleted before they were read", reading: "reading", perSecond: "records/s",
    read: "read", complete: "complete", notComplete: "not complete", notJudged: "not judged", cut: "The answer was cut off",
    story: "Story", about: "About", order: "order", coupon: "coupon", request: "request", trace: "trace", id: "Id", tell: "Show",
    svg: "Picture as SVG", entry: "No.", causedBy: "Led to by", after: "After", ofLog: "of", now: "now",
  },
  ko: {
    skip: "그룹으로 건너뛰기", pause: "멈춤", resume: "계속", theme: "어둡게 또는 밝게", leave: "로그아웃", enter: "로그인",
    token: "분석가 또는 운영자의 토큰", sale: "판매", flow: "흐름", groups: "그룹", filter: "찾기", csv: "CSV", png: "차트를 PNG로",
    chartCsv: "차트를 CSV로",
    live: "실시간", old: "전", paused: "멈춤", stale: "새 소식 없음, 이후", lost: "콘솔 응답 없음, 이후",
    unknown: "지연을 알 수 없음", status: "상태", group: "그룹", topic: "토픽", records: "레코드", behind: "지연", trend: "추세",
    caughtUp: "따라잡기까지", slo: "허용", members: "멤버", moved: "마지막 이동", minute: "지난 1분", partition: "파티션",
    position: "위치", stable: "안정된 끝", end: "끝", owner: "소유자", remaining: "남음", granted: "지급",
    redeemed: "사용", available: "재고", claims: "결정된 신청", rates: "초당 기록 · 읽음", orders: "진행 중 주문", overdue: "기한 초과",
    paid: "결제", refunded: "환불", deadLetters: "처리 못한 레코드", unreadable: "읽지 못한 이벤트", worst: "최대 지연", warming: "로그를 읽는 중",
    secondsBehind: "초 지연", select: "보기", refused: "토큰이 거절되었습니다", ago: "전", of: "/", won: "원",
    written: "초당 기록", none: "아직 읽는 그룹이 없습니다",
    tap: "토픽 보기", tapHere: "이 토픽 보기", range: "범위", key: "키", event: "이벤트", contains: "포함", where: "조건 (CEL)",
    run: "실행", stop: "중지", export: "저장", record: "레코드", time: "시각 (UTC)", place: "파티션:오프셋", value: "값",
    tombstone: "삭제 표시", "range-last": "최근", "range-all": "전체", "range-follow": "실시간", recordsShown: "레코드 표시",
    dropped: "오래된 것은 화면에서 제외", deletedUnread: "읽기 전에 삭제됨", reading: "읽는 중", perSecond: "레코드/초",
    read: "읽음", complete: "완료", notComplete: "미완료", notJudged: "판정 불가", cut: "응답이 끊겼습니다",
    story: "이력", about: "대상", order: "주문", coupon: "쿠폰", request: "요청", trace: "추적", id: "번호", tell: "보기",
    svg: "그림을 SVG로", entry: "번호", causedBy: "원인", after: "경과", ofLog: "/", now: "현재",
  },
};

const STATUSES = {
  en: { ok: "ok", unknown: "unknown", slow: "slow", rewound: "rewound", stalled: "stalled", stopped: "stopped" },
  ko: { ok: "정상", unknown: "알 수 없음", slow: "느림", rewound: "되감김", stalled: "정체", stopped: "멈춤" },
};

// A mark beside the word: colour is never the only sign.
const MARKS = { ok: "●", unknown: "○", slow: "▲", rewound: "↶", stalled: "■", stopped: "✖" };

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");

export const word = (name) => WORDS[language][name] ?? name;
export const status = (name) => `${MARKS[name] ?? "○"} ${STATUSES[language][name] ?? name}`;
export const number = (value) => new Intl.NumberFormat(language).format(value);

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 100) return `${value.toFixed(1)} s`;
  if (value < 5400) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / 86400)} d`;
}

export function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
  const other = document.getElementById("language");
  other.textContent = language === "ko" ? "English" : "한국어";
  other.lang = language === "ko" ? "en" : "ko";
}

export function changeLanguage() {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("language", language);
  translate();
}
